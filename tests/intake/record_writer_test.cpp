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
    writer =
        std::make_unique<RecordWriter>(RecordWriter::Loop{*appender, checker, *rejects, streams, loop.leases()},
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
  EXPECT_EQ(loop.requests[0].client, "worker-7");
  EXPECT_EQ(loop.requests[0].connection, 7U);
  EXPECT_TRUE(writer->take_reply(loop.requests[0]));
  EXPECT_FALSE(writer->take_reply(loop.requests[0])) << "it is not awaited any more";
  writer->release_session();
  writer->release_session();
  EXPECT_EQ(loop.ended, std::vector<spool::SessionKey>{42});
}

}  // namespace
}  // namespace crawlspool::intake
