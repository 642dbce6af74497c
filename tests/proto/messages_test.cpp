#include "proto/messages.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "proto/frame.h"

namespace crawlspool::proto {
namespace {

using namespace std::string_view_literals;
using nlohmann::json;

constexpr std::size_t kMessageBytesMax = 64 * 1024;
constexpr std::string_view kHostile = "a\"}\\\n\r\x1b[31m\0\xff\u2028\u200f漢"sv;

template <class Append, class... Arguments>
std::string bytes_of(Append append, const Arguments&... arguments) {
  std::string out;
  append(out, arguments..., Framing::kFrames);
  return out;
}

// The payload of the one frame in `bytes`.
std::string payload(const std::string& bytes) {
  const FrameHeader header = decode_header(bytes);
  EXPECT_EQ(header.type, 0);
  EXPECT_EQ(header.length, bytes.size() - kFrameHeaderBytes);
  return bytes.substr(kFrameHeaderBytes);
}

TEST(Messages, WelcomeTellsEachNumberAndLimit) {
  const WelcomeMessage welcome{.server = "crawlspoold 0.1.0",
                               .last_seq = 7,
                               .known = true,
                               .rejected = 2,
                               .ack = AckLevel::kWritten,
                               .record_bytes_max = 100,
                               .batch_bytes_max = 200,
                               .batch_records_max = 3,
                               .idle_timeout_ms = 300000};
  EXPECT_EQ(payload(bytes_of(append_welcome, welcome)),
            "{\"welcome\":{\"protocol\":1,\"server\":\"crawlspoold 0.1.0\",\"last_seq\":7,\"known\":true,"
            "\"rejected\":2,\"ack\":\"written\",\"record_bytes_max\":100,\"batch_bytes_max\":200,"
            "\"batch_records_max\":3,\"idle_timeout_ms\":300000}}");
}

TEST(Messages, AServersPingIsNull) { EXPECT_EQ(payload(bytes_of(append_ping)), "{\"ping\":null}"); }

TEST(Messages, AckIsBytesOnTheWire) {
  EXPECT_EQ(bytes_of(append_ack, 17), "\x00\x00\x00\x0a{\"ack\":17}"sv);
  EXPECT_EQ(payload(bytes_of(append_ack, std::numeric_limits<std::uint64_t>::max())), "{\"ack\":18446744073709551615}");
}

TEST(Messages, RejectIsBytesOnTheWire) {
  EXPECT_EQ(
      bytes_of(append_reject, RejectMessage{3, RejectCode::kInvalidJson, "no value", 5}),
      "\x00\x00\x00\x49{\"reject\":{\"seq\":3,\"code\":\"invalid_json\",\"detail\":\"no value\",\"offset\":5}}"sv);
  EXPECT_EQ(payload(bytes_of(append_reject, RejectMessage{4, RejectCode::kEmptyRecord, "", std::nullopt})),
            "{\"reject\":{\"seq\":4,\"code\":\"empty_record\",\"detail\":\"\"}}");
}

TEST(Messages, PongEchoesItsPingOrNull) {
  EXPECT_EQ(bytes_of(append_pong, ""), "\x00\x00\x00\x0d{\"pong\":null}"sv);
  EXPECT_EQ(bytes_of(append_pong, "[1, 2]"), "\x00\x00\x00\x0f{\"pong\":[1, 2]}"sv);
}

TEST(Messages, SlowAndResumeAreBytesOnTheWire) {
  EXPECT_EQ(bytes_of(append_slow, SlowReason::kDiskFull, 15000),
            "\x00\x00\x00\x36{\"slow\":{\"reason\":\"disk_full\",\"retry_after_ms\":15000}}"sv);
  EXPECT_EQ(payload(bytes_of(append_slow, SlowReason::kMemory, 0)),
            "{\"slow\":{\"reason\":\"memory\",\"retry_after_ms\":0}}");
  EXPECT_EQ(bytes_of(append_resume), "\x00\x00\x00\x0d{\"resume\":{}}"sv);
}

TEST(Messages, GoodbyeIsBytesOnTheWire) {
  EXPECT_EQ(bytes_of(append_goodbye, GoodbyeMessage{GoodbyeReason::kBye, "see you"}),
            "\x00\x00\x00\x2f{\"goodbye\":{\"reason\":\"bye\",\"detail\":\"see you\"}}"sv);
  EXPECT_EQ(payload(bytes_of(append_goodbye, GoodbyeMessage{GoodbyeReason::kDraining, "", 1000})),
            "{\"goodbye\":{\"reason\":\"draining\",\"detail\":\"\",\"reconnect_after_ms\":1000}}");
}

TEST(Messages, ErrorIsBytesOnTheWire) {
  EXPECT_EQ(bytes_of(append_error, ErrorMessage{.code = ErrorWord::kBadFrame, .detail = "x"}),
            "\x00\x00\x00\x2b{\"error\":{\"code\":\"bad_frame\",\"detail\":\"x\"}}"sv);
  EXPECT_EQ(payload(bytes_of(append_error, ErrorMessage{.code = ErrorWord::kFrameTooLarge, .detail = "", .seq = 9})),
            "{\"error\":{\"code\":\"frame_too_large\",\"detail\":\"\",\"seq\":9}}");
  EXPECT_EQ(payload(bytes_of(append_error, ErrorMessage{.code = ErrorWord::kTooManyConnections,
                                                        .detail = "",
                                                        .limit = "limits.connections_max",
                                                        .max = 10,
                                                        .reconnect_after_ms = 2000})),
            "{\"error\":{\"code\":\"too_many_connections\",\"detail\":\"\",\"limit\":\"limits.connections_max\","
            "\"max\":10,\"reconnect_after_ms\":2000}}");
}

TEST(Messages, MessagesAreAppendedBehindEachOther) {
  std::string out;
  append_ack(out, 1);
  append_resume(out);
  append_ack(out, 2);
  EXPECT_EQ(out, "\x00\x00\x00\x09{\"ack\":1}\x00\x00\x00\x0d{\"resume\":{}}\x00\x00\x00\x09{\"ack\":2}"sv);
}

// Every message that carries text of others, with `text` in it.
std::vector<std::string> messages_with(std::string_view text) {
  return {bytes_of(append_reject, RejectMessage{1, RejectCode::kInvalidJson, text, 1}),
          bytes_of(append_goodbye, GoodbyeMessage{GoodbyeReason::kBye, text, 1}),
          bytes_of(append_error, ErrorMessage{.code = ErrorWord::kBadFrame,
                                              .detail = text,
                                              .seq = 1,
                                              .limit = "limits.x",
                                              .max = 1,
                                              .reconnect_after_ms = 1})};
}

std::string detail_of(const std::string& bytes) {
  const json message = json::parse(payload(bytes));
  return message.begin().value().at("detail").get<std::string>();
}

TEST(Messages, HostileTextStaysInsideItsString) {
  for (const std::string& bytes : messages_with(kHostile)) {
    const std::string sent = payload(bytes);
    ASSERT_TRUE(json::accept(sent)) << sent;
    EXPECT_EQ(json::parse(sent).size(), 1U) << sent;
    for (const char c : sent) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << sent;
    EXPECT_EQ(sent.find("\u200f"), std::string::npos) << sent;
  }
}

TEST(Messages, DetailsAreCutAt512BytesAtACharactersStart) {
  for (const std::string& bytes : messages_with(std::string(600, 'x')))
    EXPECT_EQ(detail_of(bytes), std::string(kDetailBytesMax, 'x'));
  for (const std::string& bytes : messages_with(std::string(512, 'x'))) EXPECT_EQ(detail_of(bytes).size(), 512U);
  for (const std::string& bytes : messages_with(std::string(511, 'x') + "é"))
    EXPECT_EQ(detail_of(bytes), std::string(511, 'x'));
  for (const std::string& bytes : messages_with(std::string(510, 'x') + "é"))
    EXPECT_EQ(detail_of(bytes), std::string(510, 'x') + "é");
}

TEST(Messages, TheWorstTextStaysUnder64KiB) {
  for (const char worst : {'\x01', '\xff', '\x80', '"'})
    for (const std::string& bytes : messages_with(std::string(1 << 20, worst)))
      EXPECT_LE(bytes.size() - kFrameHeaderBytes, kMessageBytesMax);
}

TEST(Messages, AsALineEachIsTheSameTextWithoutItsHeader) {
  std::string line;
  append_ack(line, 42, Framing::kLines);
  append_reject(line, {7, RejectCode::kInvalidJson, "why", 3}, Framing::kLines);
  EXPECT_EQ(line, payload(bytes_of(append_ack, 42U)) + "\n" +
                      payload(bytes_of(append_reject, RejectMessage{7, RejectCode::kInvalidJson, "why", 3})) + "\n");
}

}  // namespace
}  // namespace crawlspool::proto
