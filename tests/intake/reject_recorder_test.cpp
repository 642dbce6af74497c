#include "daemon/intake/reject_recorder.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/commit/committing.h"

namespace crawlspool::intake {
namespace {

class RejectRecorderTest : public commit::OnForgetfulDisk {
 protected:
  void SetUp() override {
    start();
    appender = std::make_unique<commit::Appender>(*committer, returned, budget);
    recorder = std::make_unique<RejectRecorder>(*appender);
    base::format_timestamp(when.wall_us, when.timestamp);
  }
  void TearDown() override {
    commit::OnForgetfulDisk::TearDown();
    finish();
  }

  void record(const std::string& record, std::uint64_t seq) {
    const json::RejectReason reason{proto::RejectCode::kInvalidJson, "not valid JSON at byte 0", 0};
    EXPECT_GT(recorder->record(record, reason, when, {seq, {"seq", seq}}, {1, "10.0.0.7:1", "tcp", machine, names, {}}),
              0U);
    appender->advance(source, {seq});
  }
  std::unique_ptr<commit::AppendBatch> committed() {
    appender->turn_end();
    return returned.take();
  }

  commit::MemoryBudget budget{512 << 20, 32 << 20};
  commit::ReadTime when{{}, 1'700'000'000'000'000, 42};
  commit::RecordSource source;
  base::MachineKey machine;
  spool::ClientNames names{"w", "", "s"};
  std::unique_ptr<commit::Appender> appender;
  std::unique_ptr<RejectRecorder> recorder;
};

TEST_F(RejectRecorderTest, ARejectIsKeptCountedAndListed) {
  record("?", 7);
  const auto batch = committed();
  ASSERT_TRUE(batch && batch->stored);
  EXPECT_EQ(batch->rejects_by_code[static_cast<std::size_t>(proto::RejectCode::kInvalidJson)], 1U);
  EXPECT_EQ(batch->rejects_cut, 0U);
  const auto rows = recorder->since(when.wall_us);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].client, "w");
  EXPECT_EQ(rows[0].stream, "s");
  EXPECT_EQ(rows[0].address, "10.0.0.7");
  EXPECT_EQ(rows[0].first_us, when.wall_us);
  EXPECT_EQ(rows[0].seq, 7U);
}

TEST_F(RejectRecorderTest, AboveTheRateOnlyTheFirstBytesAreKeptAndThatIsCounted) {
  const std::string large(100, '?');
  constexpr auto kBurst = static_cast<std::uint64_t>(RejectAllowance::kBurst);
  for (std::uint64_t seq = 1; seq <= kBurst; ++seq) record(large, seq);
  auto whole = committed();
  ASSERT_TRUE(whole && whole->stored);
  EXPECT_EQ(whole->rejects_cut, 0U);
  appender->give_back(std::move(whole));
  for (std::uint64_t seq = 1; seq <= 10; ++seq) record(large, kBurst + seq);
  record("?", kBurst + 11);  // as small as what is kept
  appender->give_back(committed());
  EXPECT_EQ(committer->stats().rejects_cut, 10U);
}

}  // namespace
}  // namespace crawlspool::intake
