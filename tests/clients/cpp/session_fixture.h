// A session whose other end is the test: what it sends is taken apart into frames, what the server would say is fed in.
#pragma once

#include <gtest/gtest.h>
#include <zstd.h>

#include <optional>
#include <string>
#include <vector>

#include "clients/cpp/send_session.h"
#include "proto/frame.h"
#include "proto/frame_decoder.h"
#include "proto/hello.h"

namespace crawlspool::client {

struct SentFrame {
  proto::FrameType type;
  std::string payload;
  bool operator==(const SentFrame&) const = default;
};
using SentFrames = std::vector<SentFrame>;

inline SentFrame plain(const std::string& record) { return {proto::FrameType::kRecord, record}; }
inline SentFrame batch(const std::string& records) { return {proto::FrameType::kBatch, records}; }

inline std::string decompressed(const std::string& zstd) {
  std::string text(ZSTD_getFrameContentSize(zstd.data(), zstd.size()), '\0');
  EXPECT_EQ(ZSTD_decompress(text.data(), text.size(), zstd.data(), zstd.size()), text.size());
  return text;
}

struct WelcomeSpec {
  std::uint64_t last_seq = 0;
  bool known = true;
  std::uint64_t rejected = 0;
  std::uint64_t record_bytes_max = 1000;
  std::uint64_t batch_bytes_max = 2000;
  std::uint64_t batch_records_max = 100;
};

class SessionTest : public ::testing::Test {
 protected:
  using Kind = SessionEvent::Kind;

  static SessionSettings settings() {
    SessionSettings settings;
    settings.client = "c";
    settings.session = std::string(32, 'a');
    return settings;
  }
  void begin(SessionSettings chosen = settings()) { session.emplace(std::move(chosen)); }

  // Records "1", "2", … or `records`, each from the line of its number.
  void add(int count) {
    for (int i = 0; i < count; ++i) add(std::to_string(session->next_seq()));
  }
  void add(const std::string& record) { session->add({0, session->next_seq(), 0}, record, maybe_sent); }

  // Takes all that is there to be written.
  SentFrames sent() {
    SentFrames frames;
    proto::FrameDecoder decoder(
        {.record_bytes_max = proto::kFramePayloadBytesMax, .batch_bytes_max = proto::kFramePayloadBytesMax});
    for (std::string_view output = session->output(); !output.empty(); output = session->output()) {
      std::string_view input = output;
      proto::Frame frame{};
      while (decoder.next(input, frame) == proto::FrameDecoder::Step::kFrame)
        frames.push_back({frame.type, std::string(frame.payload)});
      session->wrote(output.size());
    }
    return frames;
  }

  proto::Hello connect() {
    session->connected();
    const SentFrames frames = sent();
    EXPECT_EQ(frames.size(), 1U);
    EXPECT_EQ(frames.at(0).type, proto::FrameType::kHello);
    return proto::parse_hello(frames.at(0).payload).value_or(proto::Hello{});
  }
  proto::Hello connect_and_welcome(const WelcomeSpec& spec = {}) {
    const auto hello = connect();
    welcome(spec);
    return hello;
  }
  void reconnect(const WelcomeSpec& spec) {
    session->disconnected();
    static_cast<void>(connect_and_welcome(spec));
  }

  void say(const std::string& message) { session->received(parse_reply(message)); }
  void welcome(const WelcomeSpec& spec) {
    say(R"({"welcome":{"protocol":1,"last_seq":)" + std::to_string(spec.last_seq) + R"(,"known":)" +
        (spec.known ? "true" : "false") + R"(,"rejected":)" + std::to_string(spec.rejected) +
        R"(,"ack":"synced","record_bytes_max":)" + std::to_string(spec.record_bytes_max) + R"(,"batch_bytes_max":)" +
        std::to_string(spec.batch_bytes_max) + R"(,"batch_records_max":)" + std::to_string(spec.batch_records_max) +
        "}}");
  }
  void ack(std::uint64_t seq) { say(R"({"ack":)" + std::to_string(seq) + "}"); }
  void reject(std::uint64_t seq) {
    say(R"({"reject":{"seq":)" + std::to_string(seq) + R"(,"code":"invalid_json","detail":"d"}})");
  }
  void refuse_frame(const std::string& code, std::uint64_t seq) {
    say(R"({"error":{"code":")" + code + R"(","detail":"d","seq":)" + std::to_string(seq) + "}}");
  }

  // Returns the kinds of events since the last call.
  std::vector<Kind> new_events() {
    std::vector<Kind> kinds;
    for (const SessionEvent& event : session->take_events()) kinds.push_back(event.kind);
    return kinds;
  }
  [[nodiscard]] std::optional<Ending::Kind> ending() const {
    return session->ending() ? std::optional(session->ending()->kind) : std::nullopt;
  }
  [[nodiscard]] const SendCounts& counts() const { return session->counts(); }

  std::optional<SendSession> session;
  bool maybe_sent = false;  // what is added, by an earlier process
};

}  // namespace crawlspool::client
