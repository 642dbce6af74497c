#include "daemon/intake/record_writer.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "daemon/session/lease_host.h"
#include "daemon/session/lease_table.h"
#include "tests/commit/committing.h"

namespace crawlspool::intake {
namespace {

constexpr std::uint64_t kRecordBytesMax = 32;

// A loop of its own for the leases, which asks nobody and keeps the sessions that ended.
class LonelyLoop final : public session::LeaseHost {
 public:
  LonelyLoop() { exchange.loops.push_back(this); }

  void post(std::function<void()> task) override { task(); }
  session::LeaseTable& leases() override { return table; }
  void submit(session::LeaseRequest request) override { requests.push_back(std::move(request)); }
  void after_all(std::function<void()> callback) override { callback(); }
  void end_session(spool::SessionKey session) override { ended.push_back(session); }
  void revoke(base::ConnectionId /*connection*/) override {}
  void deliver(const session::LeaseRequest& /*answered*/) override {}

  session::LeaseExchange exchange;
  session::LeaseTable table{*this, exchange};
  std::vector<session::LeaseRequest> requests;
  std::vector<spool::SessionKey> ended;
};

class RecordWriterTest : public commit::OnForgetfulDisk {
 protected:
  const base::Peer peer{"10.0.0.7:51234", {}, {}};
  void SetUp() override {
    start();
    appender = std::make_unique<commit::Appender>(*committer, returned, memory);
    rejects = std::make_unique<RejectRecorder>(*appender);
    transcoder = std::make_unique<Transcoder>(charsets, appender->memory());
    writer = std::make_unique<RecordWriter>(
        RecordWriter::Loop{*appender, checker, *rejects, streams, loop.leases(), *transcoder},
        RecordWriter::Source{7, proto::input("stream"), peer}, kRecordBytesMax, budget);
    base::format_timestamp(when.wall_us, when.timestamp);
  }
  void TearDown() override {
    commit::OnForgetfulDisk::TearDown();
    finish();
  }

  std::optional<json::RejectReason> write(std::string record, std::uint64_t seq) {
    record.reserve(record.size() + 64);  // the padding that the checker may read
    return writer->write(record, {seq, {"seq", seq}}, when);
  }
  std::unique_ptr<commit::AppendBatch> committed() {
    appender->turn_end();
    return returned.take();
  }

  commit::MemoryBudget memory{512 << 20, 32 << 20};
  commit::ReadTime when{{}, 1'700'000'000'000'000, 42};
  json::RecordChecker checker{200};
  commit::StreamLabels streams;
  TurnBudget budget;
  LonelyLoop loop;
  std::unique_ptr<commit::Appender> appender;
  std::unique_ptr<RejectRecorder> rejects;
  Charsets charsets;
  std::unique_ptr<Transcoder> transcoder;
  std::unique_ptr<RecordWriter> writer;
};

TEST_F(RecordWriterTest, ASoundRecordBecomesALineThatNamesItsClient) {
  writer->identify({{"worker-7", "", "quotes"}, std::nullopt, false});
  EXPECT_EQ(write("{\"a\":1}", 5), std::nullopt);
  const auto batch = committed();
  ASSERT_TRUE(batch && batch->stored);
  EXPECT_EQ(batch->records, 1U);
  ASSERT_EQ(batch->connections.size(), 1U);
  EXPECT_EQ(batch->connections[0].connection, 7U);
  EXPECT_EQ(batch->connections[0].seq, 1U) << "in the source's count";
  const std::string stored = test::whole_spool(disk);
  EXPECT_NE(stored.find(R"("client":"worker-7","seq":5,"stream":"quotes","via":"stream","peer":"10.0.0.7:51234",)"
                        R"("record":{"a":1})"),
            std::string::npos)
      << stored;
}

TEST_F(RecordWriterTest, ARejectedRecordCountsAndIsKeptWithItsReason) {
  const auto reason = write("?", 1);
  ASSERT_TRUE(reason);
  EXPECT_EQ(reason->code, proto::RejectCode::kInvalidJson);
  EXPECT_EQ(write("2", 2), std::nullopt);
  EXPECT_EQ(writer->taken(), 2U);
  EXPECT_EQ(writer->records(), 1U);
  EXPECT_EQ(writer->rejects(), 1U);
  const auto batch = committed();
  ASSERT_TRUE(batch && batch->stored);
  EXPECT_EQ(batch->rejects_by_code[static_cast<std::size_t>(proto::RejectCode::kInvalidJson)], 1U);
}

TEST_F(RecordWriterTest, ARecordAboveTheLimitIsRejectedWithTheLimit) {
  EXPECT_EQ(write('"' + std::string(kRecordBytesMax - 2, 'x') + '"', 1), std::nullopt);
  const auto reason = write('"' + std::string(kRecordBytesMax - 1, 'x') + '"', 2);
  ASSERT_TRUE(reason);
  EXPECT_EQ(reason->code, proto::RejectCode::kRecordTooLarge);
  EXPECT_EQ(reason->detail.view(), "at most 32 bytes");
}

TEST_F(RecordWriterTest, TheCountGoesOnWhereItsSessionStands) {
  writer->start_at(10);
  EXPECT_TRUE(writer->all_synced());
  EXPECT_EQ(write("1", 11), std::nullopt);
  EXPECT_EQ(writer->taken(), 11U);
  EXPECT_FALSE(writer->all_synced());
  writer->on_written(11);
  EXPECT_EQ(writer->written(), 11U);
  EXPECT_FALSE(writer->all_synced());
  writer->on_synced(11);
  EXPECT_TRUE(writer->all_synced());
}

TEST_F(RecordWriterTest, RecordsAndRejectsArePaidForFromTheTurnsBudget) {
  budget.begin();
  static_cast<void>(write("1", 1));
  const std::uint64_t line = budget.spent();
  EXPECT_GE(line, TurnBudget::kLineCost);
  static_cast<void>(write("?", 2));
  EXPECT_GE(budget.spent(), line + TurnBudget::kRejectCost);
}

TEST_F(RecordWriterTest, ALeaseIsRequestedForItsClientAndReleasedOnce) {
  writer->identify({{"worker-7", "", ""}, spool::SessionKey{42}, false});
  ASSERT_TRUE(writer->has_session());
  writer->request_lease();
  EXPECT_TRUE(writer->awaits_session());
  ASSERT_EQ(loop.requests.size(), 1U);
  EXPECT_EQ(loop.requests[0].owner.client, "worker-7");
  EXPECT_EQ(loop.requests[0].connection, 7U);
  EXPECT_TRUE(writer->take_reply(loop.requests[0]));
  EXPECT_FALSE(writer->take_reply(loop.requests[0])) << "it is not awaited any more";
  writer->release_session();
  writer->release_session();
  EXPECT_EQ(loop.ended, std::vector<spool::SessionKey>{42});
}

class DecodingWriter : public RecordWriterTest {
 protected:
  static constexpr const char* kGbk = "{\"a\":\"\xD6\xD0\"}";
  void decode_from(std::string_view charset, bool replaces = false) {
    writer->decode_from({proto::find_charset(charset).value(), replaces});
  }
};

TEST_F(DecodingWriter, StoresUtf8AndSaysWhatItWas) {
  writer->identify({{"worker-7", "", "quotes"}, std::nullopt, false});
  decode_from("gbk");
  EXPECT_EQ(write(kGbk, 1), std::nullopt);
  EXPECT_EQ(write("{\"plain\":1}", 2), std::nullopt);
  ASSERT_TRUE(committed());
  const std::string stored = test::whole_spool(disk);
  EXPECT_NE(stored.find(R"("client":"worker-7","seq":1,"stream":"quotes","via":"stream","peer":"10.0.0.7:51234",)"
                        R"("charset":"gbk","record":{"a":"中"})"),
            std::string::npos)
      << stored;
  EXPECT_NE(stored.find(R"("peer":"10.0.0.7:51234","record":{"plain":1})"), std::string::npos)
      << "nothing of it was decoded";
  EXPECT_EQ(charsets.decoded(proto::find_charset("gbk").value()), 1U);
}

TEST_F(DecodingWriter, AnIdentityOfLaterKeepsTheCharset) {
  decode_from("gbk");
  writer->identify({{"worker-7", "", ""}, std::nullopt, false});
  EXPECT_EQ(write(kGbk, 1), std::nullopt);
  ASSERT_TRUE(committed());
  EXPECT_NE(
      test::whole_spool(disk).find(R"("client":"worker-7","seq":1,"via":"stream","peer":"10.0.0.7:51234","charset")"),
      std::string::npos);
}

TEST_F(DecodingWriter, WhatCannotBeDecodedIsRejectedWithItsOffset) {
  decode_from("gbk");
  const auto reason = write("\"\xD6\xD0\xFF\"", 1);
  ASSERT_TRUE(reason);
  EXPECT_EQ(reason->code, proto::RejectCode::kInvalidCharset);
  EXPECT_EQ(reason->offset, 3U);
  EXPECT_EQ(reason->detail.view(), "not valid gbk at byte 3");
  const auto batch = committed();
  EXPECT_EQ(batch->rejects_by_code[static_cast<std::size_t>(proto::RejectCode::kInvalidCharset)], 1U);
}

TEST_F(DecodingWriter, ReplacedCharactersAreCountedInTheLine) {
  decode_from("gbk", true);
  EXPECT_EQ(write("\"\xFF\xD6\xD0\xFF\"", 1), std::nullopt);
  ASSERT_TRUE(committed());
  EXPECT_NE(test::whole_spool(disk).find("\"charset\":\"gbk\",\"replaced\":2,\"record\":\"\uFFFD中\uFFFD\""),
            std::string::npos);
}

TEST_F(DecodingWriter, AFaultOfTheJsonIsPlacedInTheRecordAsItCame) {
  decode_from("gbk");
  const auto reason = write("[\"\xD6\xD0\",]", 1);
  ASSERT_TRUE(reason);
  EXPECT_EQ(reason->code, proto::RejectCode::kInvalidJson);
  EXPECT_EQ(reason->offset, 6U);
  EXPECT_EQ(reason->detail.view(), "not valid JSON at byte 6");
}

TEST_F(DecodingWriter, TheLimitHoldsForWhatItBecomes) {
  decode_from("windows-1252");
  EXPECT_EQ(write('"' + std::string(kRecordBytesMax / 2 - 1, '\xE9') + '"', 1), std::nullopt);
  const auto reason = write('"' + std::string(kRecordBytesMax / 2, '\xE9') + '"', 2);
  ASSERT_TRUE(reason);
  EXPECT_EQ(reason->code, proto::RejectCode::kRecordTooLarge);
  EXPECT_EQ(reason->detail.view(), "at most 32 bytes, in UTF-8 too");
}

TEST_F(DecodingWriter, DecodingIsPaidForFromTheTurnsBudget) {
  budget.begin();
  EXPECT_EQ(write("\"abcdefghi\"", 1), std::nullopt);
  const std::uint64_t plain = budget.spent();
  decode_from("gbk");
  budget.begin();
  EXPECT_EQ(write("\"abcdefg\xD6\xD0\"", 2), std::nullopt);
  EXPECT_GE(budget.spent(), plain + 11 * TurnBudget::kDecodedByteCost);
}

}  // namespace
}  // namespace crawlspool::intake
