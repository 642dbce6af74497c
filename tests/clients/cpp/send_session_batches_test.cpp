// How records are put into frames.
#include "tests/clients/cpp/session_fixture.h"

namespace crawlspool::client {
namespace {

using proto::FrameType;

TEST_F(SessionTest, ABatchIsWhateverIsThere) {
  begin();
  add(1);
  static_cast<void>(connect_and_welcome());
  EXPECT_EQ(sent(), SentFrames{plain("1")});
  add(3);
  EXPECT_EQ(sent(), SentFrames{batch("2\n3\n4\n")});
  ack(4);
  EXPECT_EQ(counts().stored, 4U);
}

TEST_F(SessionTest, BatchesKeepToTheServersLimits) {
  begin();
  add(5);
  static_cast<void>(connect_and_welcome({.batch_bytes_max = 1000, .batch_records_max = 2}));
  EXPECT_EQ(sent(), (SentFrames{batch("1\n2\n"), batch("3\n4\n"), plain("5")}));
  session->disconnected();
  static_cast<void>(connect_and_welcome({.batch_bytes_max = 6, .batch_records_max = 100}));
  EXPECT_EQ(sent(), (SentFrames{batch("1\n2\n3\n"), batch("4\n5\n")}));
}

TEST_F(SessionTest, BatchesKeepToTheirSize) {
  SessionSettings chosen = settings();
  chosen.batch_bytes_max = 4;
  begin(chosen);
  add(5);
  static_cast<void>(connect_and_welcome());
  EXPECT_EQ(sent(), (SentFrames{batch("1\n2\n"), batch("3\n4\n"), plain("5")}));
}

TEST_F(SessionTest, ARecordThatFillsABatchAloneGoesAsAPlainFrame) {
  SessionSettings chosen = settings();
  chosen.batch_bytes_max = 10;
  begin(chosen);
  add("1");
  add(std::string(50, 'x'));
  add("3");
  add("4");
  static_cast<void>(connect_and_welcome());
  EXPECT_EQ(sent(), (SentFrames{plain("1"), plain(std::string(50, 'x')), batch("3\n4\n")}));
}

TEST_F(SessionTest, AServerThatNamesNoLimitsGetsPlainFrames) {
  begin();
  add(2);
  static_cast<void>(connect_and_welcome({.record_bytes_max = 0, .batch_bytes_max = 0, .batch_records_max = 0}));
  EXPECT_EQ(sent(), (SentFrames{plain("1"), plain("2")}));
}

TEST_F(SessionTest, RecordsThatTravelAloneMayHoldAnyBytes) {
  SessionSettings chosen = settings();
  chosen.framing = SessionSettings::Framing::kAlone;
  begin(chosen);
  const std::vector<std::string> records{"1", "", "a\nb", "\r", "\n"};
  for (const std::string& record : records) add(record);
  static_cast<void>(connect_and_welcome());
  EXPECT_EQ(sent(), (SentFrames{plain("1"), plain(""), plain("a\nb"), plain("\r"), plain("\n")}));
  reconnect({.last_seq = 2});
  EXPECT_EQ(sent(), (SentFrames{plain("a\nb"), plain("\r"), plain("\n")}));
  ack(5);
  EXPECT_EQ(counts().stored, 5U);
}

TEST_F(SessionTest, ARefusedBatchGoesAgainAsPlainFramesAndTheRestAsBatches) {
  SessionSettings chosen = settings();
  chosen.batch_bytes_max = 4;
  begin(chosen);
  add(4);
  static_cast<void>(connect_and_welcome());
  EXPECT_EQ(sent(), (SentFrames{batch("1\n2\n"), batch("3\n4\n")}));
  refuse_frame("bad_batch", 1);
  EXPECT_EQ(ending(), Ending::Kind::kAtOnce);
  reconnect({});
  EXPECT_EQ(sent(), (SentFrames{plain("1"), plain("2"), batch("3\n4\n")}));
  ack(4);
  EXPECT_EQ(counts().stored, 4U);
  EXPECT_EQ(counts().rejected, 0U);
}

TEST_F(SessionTest, ABatchThatIsTooLargeGoesAgainAsPlainFrames) {
  begin();
  add(2);
  static_cast<void>(connect_and_welcome());
  static_cast<void>(sent());
  refuse_frame("frame_too_large", 1);
  reconnect({});
  EXPECT_EQ(sent(), (SentFrames{plain("1"), plain("2")}));
}

TEST_F(SessionTest, ARefusedFrameThatWasNotSentIsFinal) {
  begin();
  add(2);
  static_cast<void>(connect_and_welcome());
  static_cast<void>(sent());
  refuse_frame("bad_batch", 3);
  EXPECT_EQ(ending(), Ending::Kind::kFinal);
}

SessionSettings compressing(SessionSettings settings) {
  settings.framing = SessionSettings::Framing::kZstdBatches;
  return settings;
}

TEST_F(SessionTest, CompressedBatchesHoldTheRecords) {
  begin(compressing(settings()));
  const std::string record(100, 'x');
  for (int i = 0; i < 3; ++i) add(record);
  static_cast<void>(connect_and_welcome());
  const SentFrames frames = sent();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].type, FrameType::kZstdBatch);
  EXPECT_EQ(decompressed(frames[0].payload), record + "\n" + record + "\n" + record + "\n");
  ack(3);
  EXPECT_EQ(counts().stored, 3U);
}

TEST_F(SessionTest, WhatDoesNotCompressGoesAsItIs) {
  begin(compressing(settings()));
  add(3);
  static_cast<void>(connect_and_welcome());
  EXPECT_EQ(sent(), SentFrames{batch("1\n2\n3\n")});
}

TEST_F(SessionTest, ALoneRecordIsCompressedOnlyIfItIsLarge) {
  begin(compressing(settings()));
  const std::string large(5000, 'x');
  add(std::string(100, 'x'));
  static_cast<void>(connect_and_welcome({.record_bytes_max = 10000, .batch_bytes_max = 10000}));
  EXPECT_EQ(sent(), SentFrames{plain(std::string(100, 'x'))});
  add(large);
  SentFrames frames = sent();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(decompressed(frames[0].payload), large + "\n");
  ack(1);
  refuse_frame("bad_batch", 2);
  reconnect({.last_seq = 1, .record_bytes_max = 10000, .batch_bytes_max = 10000});
  EXPECT_EQ(sent(), SentFrames{plain(large)});
  reconnect({.last_seq = 1, .record_bytes_max = 10000, .batch_bytes_max = 5000});
  EXPECT_EQ(sent(), SentFrames{plain(large)});
}

TEST_F(SessionTest, AServerThatRefusesCompressedBatchesGetsOthers) {
  begin(compressing(settings()));
  const std::string record(100, 'x');
  const std::string both = record + "\n" + record + "\n";
  for (int refused = 0; refused < 2; ++refused) {
    const std::uint64_t first = session->next_seq();
    for (int i = 0; i < 2; ++i) add(record);
    static_cast<void>(connect_and_welcome({.last_seq = first - 1}));
    const SentFrames compressed = sent();
    ASSERT_EQ(compressed.size(), 1U);
    EXPECT_EQ(compressed[0].type, FrameType::kZstdBatch);
    refuse_frame("bad_batch", first);
    reconnect({.last_seq = first - 1});
    EXPECT_EQ(sent(), (SentFrames{plain(record), plain(record)}));
    ack(first + 1);
    session->disconnected();
  }
  for (int i = 0; i < 2; ++i) add(record);
  static_cast<void>(connect_and_welcome({.last_seq = 4}));
  EXPECT_EQ(sent(), SentFrames{batch(both)});
}

}  // namespace
}  // namespace crawlspool::client
