#include <gtest/gtest.h>

#include "cli/bench/reply_reader.h"
#include "proto/frame.h"
#include "proto/messages.h"

namespace crawlspool::bench {
namespace {

// As it is read from a socket: with room behind it.
base::Result<std::uint64_t> take(ReplyReader& reader, const std::string& bytes) {
  std::string buffer = bytes + std::string(ReplyReader::kPaddingBytes, '\0');
  return reader.take(std::string_view(buffer).substr(0, bytes.size()));
}

std::string welcome(AckLevel level) {
  std::string text;
  proto::append_welcome(text, {.server = "test", .ack = level});
  return text;
}

std::string ack(std::uint64_t seq) {
  std::string text;
  proto::append_ack(text, seq);
  return text;
}

TEST(StreamReplies, GreetsWithAHelloThatNamesTheLevel) {
  EXPECT_EQ(make_stream_replies(AckLevel::kSynced)->greeting().substr(4), R"({"protocol":1})");
  EXPECT_EQ(make_stream_replies(AckLevel::kWritten)->greeting().substr(4), R"({"protocol":1,"ack":"written"})");
}

TEST(StreamReplies, TheWelcomeTellsTheLevel) {
  const auto reader = make_stream_replies(AckLevel::kSynced);
  EXPECT_FALSE(reader->ack_level());
  EXPECT_EQ(take(*reader, welcome(AckLevel::kWritten)), 0U);
  EXPECT_EQ(reader->ack_level(), AckLevel::kWritten);
}

TEST(StreamReplies, AcksCountWhatTheySettleMore) {
  const auto reader = make_stream_replies(AckLevel::kSynced);
  EXPECT_EQ(take(*reader, ack(3)), 3U);
  EXPECT_EQ(take(*reader, ack(4) + ack(1000)), 997U);
}

TEST(StreamReplies, CanBeSplitAnywhere) {
  const std::string all = welcome(AckLevel::kSynced) + ack(7) + ack(12);
  for (std::size_t split = 0; split <= all.size(); ++split) {
    const auto reader = make_stream_replies(AckLevel::kSynced);
    const auto first = take(*reader, all.substr(0, split));
    const auto second = take(*reader, all.substr(split));
    ASSERT_TRUE(first && second) << split;
    EXPECT_EQ(*first + *second, 12U) << split;
  }
}

TEST(StreamReplies, ARejectIsAnErrorWithItsReason) {
  std::string text;
  proto::append_reject(text, {17, proto::RejectCode::kInvalidJson, "not valid JSON", std::nullopt});
  const auto reader = make_stream_replies(AckLevel::kSynced);
  const auto taken = take(*reader, text);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().message(), "rejects record 17: invalid_json: not valid JSON");
}

TEST(StreamReplies, TheEndOfTheConnectionIsAnErrorWithItsReason) {
  std::string text;
  proto::append_goodbye(text, {proto::GoodbyeReason::kDraining, "the server stops"});
  const auto reader = make_stream_replies(AckLevel::kSynced);
  const auto taken = take(*reader, text);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().message(), "ends the connection: draining: the server stops");
}

TEST(StreamReplies, AFullDiskIsAnErrorAndOtherPausesAreNone) {
  std::string memory;
  proto::append_slow(memory, proto::SlowReason::kMemory, 1000);
  proto::append_resume(memory);
  std::string full;
  proto::append_slow(full, proto::SlowReason::kDiskFull, 1000);
  const auto reader = make_stream_replies(AckLevel::kSynced);
  EXPECT_TRUE(take(*reader, memory));
  EXPECT_FALSE(take(*reader, full));
}

TEST(StreamReplies, AnotherProtocolIsAnError) {
  const auto reader = make_stream_replies(AckLevel::kSynced);
  EXPECT_FALSE(take(*reader, "HTTP/1.1 400 Bad Request\r\n\r\n"));
}

}  // namespace
}  // namespace crawlspool::bench
