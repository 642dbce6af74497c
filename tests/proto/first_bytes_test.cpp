#include "proto/first_bytes.h"

#include <gtest/gtest.h>

#include <string>

#include "proto/frame.h"

namespace crawlspool::proto {
namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t kRecordBytesMax = 16U << 20;

// What the first bytes of a header that is no legal frame's look like; "" if nothing known.
std::string_view looks_like(std::string_view header, std::string_view behind = {}) {
  return recognise_header(header, behind, false, kRecordBytesMax).value_or("");
}

bool names(std::string_view text, std::string_view word) { return text.find(word) != std::string_view::npos; }

TEST(FirstBytes, EveryHttpMethodIsRecognised) {
  for (const char* line : {"GET / HTTP/1.1", "POST /v1/records", "PUT /", "HEAD /", "OPTIONS *", "DELETE /", "PATCH /",
                           "CONNECT a:1", "TRACE /", "PRI * HTTP/2.0", "HTTP/1.1 200 OK"})
    EXPECT_TRUE(names(looks_like(line), "HTTP")) << line;
}

TEST(FirstBytes, TlsIsRecognisedByItsRecord) {
  EXPECT_TRUE(names(looks_like("\x16\x03\x01\x02"sv), "TLS"));
  EXPECT_TRUE(names(looks_like("\x16\x03\x03\x00"sv), "TLS"));
  EXPECT_EQ(looks_like("\x16\x02\x01\x00"sv), "");
}

TEST(FirstBytes, SshIsRecognised) { EXPECT_TRUE(names(looks_like("SSH-2.0-OpenSSH"), "SSH")); }

TEST(FirstBytes, RedisIsRecognisedByCommandAndBySign) {
  for (const char* line : {"*1\r\n$4", "*12\r\n", "$10\r\n", "$4\r\n", "+1\r\n", ":12\r\n", "PING\r\n", "AUTH x",
                           "XADD s", "INFO", "LPUSH k", "RPUSH k"})
    EXPECT_TRUE(names(looks_like(line), "Redis")) << line;
  EXPECT_EQ(looks_like("*x\r\n"), "");
  EXPECT_EQ(looks_like("*1x\n"), "");
}

TEST(FirstBytes, JsonWithoutItsLengthIsRecognised) {
  for (const char* line : {"{\"a\":1}", "[1,2", "{}\r\n"}) EXPECT_TRUE(names(looks_like(line), "JSON without")) << line;
}

TEST(FirstBytes, LittleEndianLengthsAreRecognisedWhateverTypeTheySeemToHave) {
  for (const std::string_view header :
       {"\x09\x00\x00\x00"sv, "\x15\x00\x00\x00"sv, "\x45\x00\x00\x00"sv, "\x5a\x00\x00\x00"sv, "\x67\x00\x00\x00"sv,
        "\x7f\x01\x00\x00"sv, "\xff\x02\x00\x00"sv}) {
    EXPECT_TRUE(names(looks_like(header, "{"), "little-endian")) << static_cast<int>(header[0]);
    EXPECT_EQ(looks_like(header), "") << "nothing behind says that it is JSON";
    EXPECT_EQ(looks_like(header, "\x01"), "") << "what is behind is no JSON";
  }
}

TEST(FirstBytes, ARecordOfAFewMegabytesTooManyIsNotCalledLittleEndian) {
  EXPECT_EQ(looks_like("\x01\x40\x00\x00"sv, "{"), "");  // 20 MiB, or 16,385 from the other end
}

TEST(FirstBytes, ALengthImplausibleFromBothEndsIsNotCalledLittleEndian) {
  EXPECT_EQ(looks_like("\x0f\xff\xff\x0f"sv, "{"), "");
  EXPECT_EQ(looks_like("\xf0\x00\x00\x00"sv, "{"),
            "this looks like a little-endian length; send the length big-endian");
  EXPECT_EQ(looks_like("\xf0\x00\x00\x10"sv, "{"), "");  // a type from the other end, too
  EXPECT_EQ(recognise_header("\x00\x00\x00\x02"sv, "{", false, kRecordBytesMax), std::nullopt);
}

TEST(FirstBytes, EveryJsonStartBehindALittleEndianLengthCounts) {
  for (const char start : std::string_view("{[\"tfn-0123456789 \t\r\n"))
    EXPECT_TRUE(names(looks_like("\x09\x00\x00\x00"sv, std::string(1, start)), "little-endian")) << start;
}

TEST(FirstBytes, LegalFramesAreNeverTakenForSomethingElse) {
  // Every type at every length that the protocol's own limits and the default sizes allow, in steps.
  const std::size_t most[] = {16U << 20, 64U << 10, 32U << 20, 32U << 20, 256, 256, 0};
  for (int type = 0; type < 7; ++type) {
    for (std::size_t length = type == 0 ? 0 : 1; length <= most[type]; length += 1 + length / 64) {
      const auto bytes = encode_header(static_cast<FrameType>(type), length);
      EXPECT_FALSE(recognise_header({bytes.data(), bytes.size()}, "{\"a\":1}", true, kRecordBytesMax))
          << type << " " << length;
    }
  }
}

TEST(FirstBytes, AnEmptyFrameIsALittleEndianLengthOnlyWithAnObjectOrAListBehindIt) {
  for (const std::string_view header :
       {"\x10\0\0\0"sv, "\x20\0\0\0"sv, "\x30\0\0\0"sv, "\x40\0\0\0"sv, "\x60\0\0\0"sv}) {
    EXPECT_TRUE(recognise_header(header, "{", true, kRecordBytesMax));
    EXPECT_TRUE(recognise_header(header, "[", true, kRecordBytesMax));
    for (const std::string_view behind : {""sv, "\0\0\0\1"sv, "\x60"sv, "\x20"sv, "\x30"sv})
      EXPECT_FALSE(recognise_header(header, behind, true, kRecordBytesMax));
  }
}

TEST(FirstBytes, PickledLoggingIsRecognisedInThePayload) {
  for (const std::string_view start : {"}q\x00"sv, "\x80\x02}q"sv, "\x80\x03}"sv, "\x80\x04\x95"sv, "\x80\x05"sv})
    EXPECT_TRUE(names(recognise_payload(start).value_or(""), "pickled")) << start;
}

TEST(FirstBytes, OtherPayloadsAreNotPickledLogging) {
  for (const std::string_view start :
       {""sv, "}"sv, "{\"q\":1}"sv, "\x80"sv, "\x80\x01"sv, "\x80\x06"sv, "q}"sv, "\"}q\""sv})
    EXPECT_FALSE(recognise_payload(start)) << start;
}

}  // namespace
}  // namespace crawlspool::proto
