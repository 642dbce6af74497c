// What PROTOCOL.md shows is what this code reads and writes, byte for byte.
#include "tests/proto/golden_examples.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>

#include "proto/batch.h"
#include "proto/first_bytes.h"
#include "proto/frame_decoder.h"
#include "proto/hello.h"
#include "proto/messages.h"

namespace crawlspool::proto {
namespace {

using nlohmann::json;

constexpr FrameLimits kDefaultLimits{16U << 20, 32U << 20};

std::vector<GoldenExample> examples() {
  std::ifstream file(CRAWLSPOOL_PROTOCOL_DOCUMENT);
  std::ostringstream text;
  text << file.rdbuf();
  return read_golden_examples(text.str());
}

struct Decoded {
  std::vector<std::string> frames;  // header and payload
  std::optional<Refusal> refusal;
};

// What the decoder makes of a connection's client if it gets `piece_bytes` at a time.
Decoded decode(const std::string& bytes, std::size_t piece_bytes) {
  FrameDecoder decoder(kDefaultLimits);
  Decoded decoded;
  for (std::size_t at = 0; at < bytes.size() && !decoded.refusal; at += piece_bytes) {
    std::string piece = bytes.substr(at, piece_bytes);
    const std::size_t size = piece.size();
    piece.append(FrameDecoder::kPaddingBytes, '\0');
    std::string_view input(piece.data(), size);
    Frame frame{};
    auto step = decoder.next(input, frame);
    for (; step == FrameDecoder::Step::kFrame; step = decoder.next(input, frame))
      append_frame(decoded.frames.emplace_back(), frame.type, frame.payload);
    if (step == FrameDecoder::Step::kRefused) decoded.refusal = decoder.refusal();
  }
  return decoded;
}

std::vector<std::string> lines_of(const GoldenConnection& connection, bool client) {
  std::vector<std::string> lines;
  for (const GoldenBytes& line : connection)
    if (line.is_from_client == client) lines.push_back(line.bytes);
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines) all += line;
  return all;
}

std::vector<json> messages_of(const GoldenConnection& connection) {
  std::vector<json> messages;
  for (const std::string& line : lines_of(connection, false))
    messages.push_back(json::parse(line.substr(kFrameHeaderBytes)));
  return messages;
}

// The `error` that ends the connection; empty if none does.
json error_of(const GoldenConnection& connection) {
  for (const json& message : messages_of(connection))
    if (message.contains("error")) return message["error"];
  return json::object();
}

template <class Check>
void for_each_connection(Check check) {
  for (const GoldenExample& example : examples()) {
    SCOPED_TRACE(example.title);
    for (const GoldenConnection& connection : example.connections) check(connection);
  }
}

TEST(GoldenExamples, EachLineOfAClientIsOneFrame) {
  for_each_connection([](const GoldenConnection& connection) {
    const std::vector<std::string> lines = lines_of(connection, true);
    const Decoded decoded = decode(joined(lines), std::string::npos);
    const std::size_t whole = decoded.refusal ? lines.size() - 1 : lines.size();  // a refused line is the last
    EXPECT_EQ(decoded.frames, std::vector(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(whole)));
  });
}

TEST(GoldenExamples, AClientIsReadAlikeInSingleBytes) {
  for_each_connection([](const GoldenConnection& connection) {
    const std::string bytes = joined(lines_of(connection, true));
    const Decoded whole = decode(bytes, bytes.size());
    const Decoded single = decode(bytes, 1);
    EXPECT_EQ(single.frames, whole.frames);
    EXPECT_EQ(single.refusal.has_value(), whole.refusal.has_value());
  });
}

TEST(GoldenExamples, WhatTheDecoderRefusesIsTheErrorThatIsShown) {
  std::set<std::string> shown;
  for_each_connection([&](const GoldenConnection& connection) {
    const Decoded decoded = decode(joined(lines_of(connection, true)), std::string::npos);
    if (!decoded.refusal) return;
    const json error = error_of(connection);
    ASSERT_FALSE(error.empty()) << decoded.refusal->detail;
    EXPECT_EQ(error["code"], word(decoded.refusal->code));
    EXPECT_EQ(error["detail"], decoded.refusal->detail);
    EXPECT_EQ(error.contains("seq"), decoded.refusal->has_records);
    shown.insert(error["code"]);
  });
  EXPECT_EQ(shown, (std::set<std::string>{"frame_too_large", "unknown_frame_type", "wrong_protocol"}));
}

TEST(GoldenExamples, APayloadOfAnotherProtocolIsNamedAsShown) {
  std::size_t shown = 0;
  for_each_connection([&](const GoldenConnection& connection) {
    const Decoded decoded = decode(joined(lines_of(connection, true)), std::string::npos);
    if (decoded.refusal || error_of(connection).value("code", "") != "wrong_protocol") return;
    ++shown;
    const auto looks_like = recognise_payload(decoded.frames.at(0).substr(kFrameHeaderBytes));
    EXPECT_EQ(error_of(connection)["detail"], looks_like.value_or("nothing"));
  });
  EXPECT_GT(shown, 0U);
}

TEST(GoldenExamples, AHelloIsReadUnlessTheServerRefusesIt) {
  for_each_connection([](const GoldenConnection& connection) {
    const std::vector<std::string> frames = decode(joined(lines_of(connection, true)), std::string::npos).frames;
    const json error = error_of(connection);
    for (std::size_t i = 0; i < frames.size(); ++i) {
      if (decode_header(frames[i]).type != static_cast<std::uint8_t>(FrameType::kHello)) continue;
      const auto hello = parse_hello(std::string_view(frames[i]).substr(kFrameHeaderBytes));
      const bool is_refused_as_such = i == 0 && error.value("code", "") == "bad_hello";
      EXPECT_EQ(!hello, is_refused_as_such);
      EXPECT_EQ(is_refused_as_such ? error["detail"] : "", hello ? "" : hello.error());
    }
  });
}

TEST(GoldenExamples, TheLastAckCountsTheRecords) {
  std::size_t counted = 0;
  for_each_connection([&](const GoldenConnection& connection) {
    std::uint64_t last = 0;
    std::optional<std::uint64_t> acked;
    for (const json& message : messages_of(connection)) {
      if (message.contains("welcome")) last = message["welcome"]["last_seq"];
      if (message.contains("ack")) acked = message["ack"];
    }
    if (!acked) return;
    for (const std::string& frame : decode(joined(lines_of(connection, true)), std::string::npos).frames) {
      const auto type = static_cast<FrameType>(decode_header(frame).type);
      if (type == FrameType::kBye) break;
      if (type == FrameType::kZstdBatch) return;
      if (type == FrameType::kRecord) ++last;
      if (type == FrameType::kBatch) last += count_records(std::string_view(frame).substr(kFrameHeaderBytes), 100);
    }
    EXPECT_EQ(acked, last);
    ++counted;
  });
  EXPECT_GT(counted, 10U);
}

// ---- the server's messages, written again from what they say ----

// The enumerator whose word it is; throws where there is none.
template <class Word>
Word enumerator(const json& text) {
  for (int value = 0;; ++value)
    if (word(static_cast<Word>(value)) == text) return static_cast<Word>(value);
}

template <class Integer>
std::optional<Integer> number(const json& object, const char* key) {
  return object.contains(key) ? std::optional(object[key].get<Integer>()) : std::nullopt;
}

void append_welcome_again(std::string& out, const json& value) {
  const std::string server = value["server"];
  append_welcome(out, {.server = server,
                       .last_seq = value["last_seq"],
                       .known = value["known"],
                       .rejected = value["rejected"],
                       .ack = value["ack"] == "synced" ? AckLevel::kSynced : AckLevel::kWritten,
                       .record_bytes_max = value["record_bytes_max"],
                       .batch_bytes_max = value["batch_bytes_max"],
                       .batch_records_max = value["batch_records_max"],
                       .idle_timeout_ms = value["idle_timeout_ms"]});
}

void append_error_again(std::string& out, const json& value) {
  const std::string detail = value["detail"];
  const std::string limit = value.value("limit", "");
  append_error(out, {.code = enumerator<ErrorWord>(value["code"]),
                     .detail = detail,
                     .seq = number<std::uint64_t>(value, "seq"),
                     .limit = limit,
                     .max = value.value("max", std::uint64_t{0}),
                     .reconnect_after_ms = number<std::int64_t>(value, "reconnect_after_ms")});
}

void append_again(std::string& out, const std::string& key, const json& value) {
  const std::string detail = value.is_object() ? value.value("detail", "") : "";
  if (key == "welcome") return append_welcome_again(out, value);
  if (key == "ack") return append_ack(out, value);
  if (key == "pong") return append_pong(out, value.dump());
  if (key == "error") return append_error_again(out, value);
  if (key == "reject")
    return append_reject(
        out, {value["seq"], enumerator<RejectCode>(value["code"]), detail, number<std::uint64_t>(value, "offset")});
  if (key == "goodbye")
    return append_goodbye(
        out, {enumerator<GoodbyeReason>(value["reason"]), detail, number<std::int64_t>(value, "reconnect_after_ms")});
  FAIL() << "no writer for " << key;
}

TEST(GoldenExamples, EachLineOfTheServerIsWrittenAlikeByThisCode) {
  std::set<std::string> shown;
  for_each_connection([&](const GoldenConnection& connection) {
    for (const std::string& line : lines_of(connection, false)) {
      const json message = json::parse(line.substr(kFrameHeaderBytes));
      ASSERT_EQ(message.size(), 1U);
      std::string again;
      append_again(again, message.begin().key(), message.begin().value());
      EXPECT_EQ(again, line);
      shown.insert(message.begin().key());
    }
  });
  EXPECT_EQ(shown, (std::set<std::string>{"ack", "error", "goodbye", "pong", "reject", "welcome"}));
}

TEST(GoldenExamples, EveryTypeOfFrameIsShown) {
  std::set<int> shown;
  for_each_connection([&](const GoldenConnection& connection) {
    for (const std::string& frame : decode(joined(lines_of(connection, true)), std::string::npos).frames)
      shown.insert(decode_header(frame).type);
  });
  EXPECT_EQ(shown, (std::set<int>{0, 1, 2, 3, 4, 5, 6}));
}

}  // namespace
}  // namespace crawlspool::proto
