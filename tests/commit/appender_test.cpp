#include "daemon/commit/appender.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "tests/commit/committing.h"

namespace crawlspool::commit {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

RecordSource source_of(base::ConnectionId connection) {
  RecordSource source;
  source.connection = connection;
  return source;
}

class AppenderTest : public OnForgetfulDisk {
 protected:
  void SetUp() override {
    start();
    appender = std::make_unique<Appender>(*committer, returned, budget);
    std::memcpy(when.timestamp, "2026-11-20T04:05:06.123456Z", base::kTimestampBytes);
    when.monotonic_us = 42;
  }
  void TearDown() override {
    OnForgetfulDisk::TearDown();
    finish();
  }

  // A record of connection 1, with its mark.
  std::size_t add(std::uint64_t seq, const std::string& record = "{}") {
    const std::size_t bytes = appender->add_record(origin, when, seq, record);
    appender->advance(source, {seq});
    return bytes;
  }
  // Ends the turn, lets the batch come back and gives it back.
  void commit_and_give_back() {
    appender->turn_end();
    auto batch = returned.take();
    ASSERT_TRUE(batch && batch->stored);
    appender->give_back(std::move(batch));
  }

  const spool::Origin origin = spool::make_origin("stream", "10.0.0.7:1");
  MemoryBudget budget{512 * kMiB, 32 * kMiB};
  ReadTime when{};
  RecordSource source = source_of(1);
  std::unique_ptr<Appender> appender;
};

TEST_F(AppenderTest, ABatchCarriesWhatWasAdded) {
  std::size_t bytes = add(7, R"({"a":1})");
  bytes += add(8, "12");
  const std::size_t rejected =
      appender->add_reject({"too_deep", "why", 3, "", "", 9, "tcp", "peer", "raw"}, proto::RejectCode::kTooDeep, when);
  appender->advance(source, {9});
  appender->turn_end();
  const AppendBatch& batch = *returned.wait_for(1).front();
  EXPECT_TRUE(batch.stored);
  EXPECT_EQ(batch.records, 2U);
  EXPECT_EQ(batch.record_bytes, 9U);
  EXPECT_EQ(batch.first_taken_us, 42);
  EXPECT_EQ(batch.lines.bytes(), bytes);
  EXPECT_EQ(batch.rejects.bytes(), rejected);
  std::vector<std::string_view> rejects;
  batch.rejects.append_views(rejects);
  ASSERT_EQ(rejects.size(), 1U);
  EXPECT_NE(rejects.front().find(R"("detail":"why","offset":3,"seq":9,)"), std::string::npos);
  EXPECT_EQ(batch.rejects_by_code[static_cast<std::size_t>(proto::RejectCode::kTooDeep)], 1U);
  EXPECT_EQ(batch.bytes(), bytes + rejected);
  EXPECT_EQ(seqs_on_disk(), (std::vector<std::uint64_t>{7, 8}));
}

TEST_F(AppenderTest, AConnectionHasOneMarkABatch) {
  RecordSource other = source_of(2);
  appender->advance(source, {5});
  appender->advance(other, {1});
  appender->advance(source, {6});
  appender->advance(source, {9});
  appender->turn_end();
  appender->advance(source, {10});
  appender->advance(other, {2});
  appender->advance(source, {11});
  const auto marks = [&] {
    std::vector<std::pair<base::ConnectionId, std::uint64_t>> all;
    auto batch = returned.take();
    if (!batch) return all;
    for (const ConnectionMark& mark : batch->connections) all.emplace_back(mark.connection, mark.seq);
    appender->give_back(std::move(batch));
    return all;
  };
  using Pairs = std::vector<std::pair<base::ConnectionId, std::uint64_t>>;
  EXPECT_EQ(marks(), (Pairs{{1, 9}, {2, 1}}));
  appender->turn_end();
  EXPECT_EQ(marks(), (Pairs{{1, 11}, {2, 2}}));
}

TEST_F(AppenderTest, ASessionBringsItsNumberAndItsRejectsOnceABatch) {
  source.session = 0x5f3a;
  source.owner.client = "w";
  appender->advance(source, {1, 41});
  appender->advance(source, {2, 42, 1});
  appender->advance(source, {3, 43, 1});
  appender->turn_end();
  appender->advance(source, {4, 44, 1});
  const auto batch = returned.take();
  ASSERT_TRUE(batch);
  ASSERT_EQ(batch->sessions.size(), 1U);
  EXPECT_EQ(batch->sessions.front().session, 0x5f3aU);
  EXPECT_EQ(batch->sessions.front().owner.client, "w");
  EXPECT_EQ(batch->sessions.front().last_seq, 43U);
  EXPECT_EQ(batch->sessions.front().rejected, 2U);
  EXPECT_EQ(batch->connections.front().seq, 3U);
}

TEST_F(AppenderTest, AfterAllIsOnceEverythingAddedBeforeIsSynced) {
  bool called = false;
  appender->after_all([&] { called = true; });
  EXPECT_TRUE(called);  // there was nothing
  add(1);
  called = false;
  appender->after_all([&] { called = true; });
  EXPECT_FALSE(called);
  appender->turn_end();
  const auto batch = returned.take();
  ASSERT_TRUE(batch);
  ASSERT_EQ(batch->afterwards.size(), 1U);
  batch->afterwards.front()();
  EXPECT_TRUE(called);
}

TEST_F(AppenderTest, OneIsUnderWayAndTheNextFillsMeanwhile) {
  EXPECT_FALSE(appender->has_unsynced());
  appender->turn_end();  // nothing to say
  add(1);
  EXPECT_TRUE(appender->has_unsynced());
  EXPECT_EQ(budget.batches_under_way(), 0);
  appender->turn_end();
  returned.wait_for(1);
  EXPECT_EQ(budget.batches_under_way(), 1);
  add(2);
  appender->turn_end();
  add(3);
  appender->turn_end();
  auto first = returned.take();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->records, 1U);
  appender->give_back(std::move(first));
  EXPECT_TRUE(appender->has_unsynced());
  appender->turn_end();
  auto second = returned.take();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->records, 2U);
  EXPECT_EQ(second->number, 2U);
  EXPECT_TRUE(appender->has_unsynced());
  appender->give_back(std::move(second));
  EXPECT_FALSE(appender->has_unsynced());
  EXPECT_EQ(budget.batches_under_way(), 0);
}

TEST_F(AppenderTest, ItIsFullWhereAsMuchWaitsAsACommitTakesBehindOneUnderWay) {
  const std::string large = '"' + std::string(17 * kMiB, 'x') + '"';
  add(1, large);
  add(2, large);
  EXPECT_FALSE(appender->is_full());  // nothing is under way: it goes at the turn's end
  appender->turn_end();
  add(3, large);
  EXPECT_FALSE(appender->is_full());
  add(4, large);
  EXPECT_TRUE(appender->is_full());
  appender->turn_end();
  returned.wait_for(1);
  appender->give_back(returned.take());
  EXPECT_FALSE(appender->is_full());
  appender->turn_end();
  returned.wait_for(1);
}

TEST_F(AppenderTest, MemoryIsHeldUntilTheBatchIsGivenBack) {
  const std::size_t bytes = add(1, '"' + std::string(kMiB, 'x') + '"');
  static_cast<void>(appender->add_reject({"too_deep", "", 1, "", "", 2, "tcp", "p", std::string(kMiB, 'r')},
                                         proto::RejectCode::kTooDeep, when));
  appender->advance(source, {2});
  const std::int64_t used = budget.used();
  EXPECT_GE(used, static_cast<std::int64_t>(bytes) + 64 * 1024);
  appender->turn_end();
  returned.wait_for(1);
  EXPECT_EQ(budget.used(), used);
  appender->give_back(returned.take());
  EXPECT_EQ(budget.used(), 0);
}

TEST_F(AppenderTest, MarksAreHeldMemoryToo) {
  for (base::ConnectionId connection = 0; connection < 100'000; ++connection) {
    RecordSource fresh = source_of(connection);
    appender->advance(fresh, {1});
  }
  EXPECT_GE(budget.used(), static_cast<std::int64_t>(100'000 * sizeof(ConnectionMark)));
  commit_and_give_back();
  EXPECT_EQ(budget.used(), 0);
}

TEST_F(AppenderTest, ABatchThatIsUsedAgainBringsNothingFromBefore) {
  for (std::uint64_t n = 1; n <= 10; ++n) {
    add(n, std::string(n, '1'));
    static_cast<void>(
        appender->add_reject({"too_deep", "", 1, "", "", 2, "tcp", "p", "r"}, proto::RejectCode::kTooDeep, when));
    appender->request_probe();
    commit_and_give_back();
    ASSERT_FALSE(HasFatalFailure());
  }
  add(11);
  appender->turn_end();
  const auto batch = returned.take();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->records, 1U);
  EXPECT_EQ(batch->connections.size(), 1U);
  EXPECT_TRUE(batch->rejects.empty());
  EXPECT_FALSE(batch->is_probe);
  EXPECT_EQ(batch->charged_bytes, batch->lines.capacity_bytes() + sizeof(ConnectionMark));
  EXPECT_EQ(seqs_on_disk().size(), 11U);
}

TEST_F(AppenderTest, AProbeGoesWithoutRecords) {
  appender->request_probe();
  EXPECT_TRUE(appender->has_unsynced());
  appender->turn_end();
  const auto batch = returned.take();
  ASSERT_TRUE(batch);
  EXPECT_TRUE(batch->stored && batch->is_probe);
  EXPECT_EQ(disk.count(test::Call::kSyncData, "durable"), 1U);
}

}  // namespace
}  // namespace crawlspool::commit
