#include "daemon/inputs/redis/push_intake.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "daemon/session/lease_host.h"
#include "daemon/session/lease_table.h"
#include "tests/commit/committing.h"

namespace crawlspool::redis {
namespace {

using Step = PushIntake::Step;

constexpr std::uint64_t kRecordBytesMax = 32;

// Nothing here has a session.
class NoSessions final : public session::LeaseHost {
 public:
  NoSessions() { exchange.loops.push_back(this); }

  void post(std::function<void()> task) override { task(); }
  session::LeaseTable& leases() override { return table; }
  void submit(session::LeaseRequest /*request*/) override {}
  void after_all(std::function<void()> callback) override { callback(); }
  void end_session(spool::SessionKey /*session*/) override {}
  void revoke(base::ConnectionId /*connection*/) override {}
  void deliver(const session::LeaseRequest& /*answered*/) override {}

  session::LeaseExchange exchange;
  session::LeaseTable table{*this, exchange};
};

class PushIntakeTest : public commit::OnForgetfulDisk {
 protected:
  void SetUp() override {
    start();
    appender = std::make_unique<commit::Appender>(*committer, returned, memory);
    rejects = std::make_unique<intake::RejectRecorder>(*appender);
    transcoder = std::make_unique<intake::Transcoder>(charsets, appender->memory());
    using intake::RecordWriter;
    writer = std::make_unique<RecordWriter>(
        RecordWriter::Loop{*appender, checker, *rejects, streams, sessions.leases(), *transcoder},
        RecordWriter::Source{7, proto::input("redis"), peer}, kRecordBytesMax, budget);
    base::format_timestamp(when.wall_us, when.timestamp);
  }
  void TearDown() override {
    commit::OnForgetfulDisk::TearDown();
    finish();
  }

  // How many turns it takes, and how it ends.
  std::pair<int, Step> take(std::vector<std::string> items, std::uint64_t cost_max = intake::TurnBudget::kTurnCostMax) {
    std::vector<std::string_view> parts;
    for (std::string& item : items) {
      item.reserve(item.size() + 64);  // the padding that the checker may read
      parts.emplace_back(item);
    }
    push = PushIntake();
    for (int turns = 1;; ++turns) {
      budget.begin(cost_max);
      const Step step = push.step(parts, *writer, budget, when);
      if (step != Step::kMore) return {turns, step};
    }
  }
  std::unique_ptr<commit::AppendBatch> committed() {
    appender->turn_end();
    return returned.take();
  }

  const base::Peer peer{"10.0.0.7:51234", {}, {}};
  commit::MemoryBudget memory{512 << 20, 32 << 20};
  commit::ReadTime when{{}, 1'700'000'000'000'000, 42};
  json::RecordChecker checker{200};
  commit::StreamLabels streams;
  intake::TurnBudget budget;
  NoSessions sessions;
  PushIntake push;
  std::unique_ptr<commit::Appender> appender;
  std::unique_ptr<intake::RejectRecorder> rejects;
  intake::Charsets charsets;
  std::unique_ptr<intake::Transcoder> transcoder;
  std::unique_ptr<intake::RecordWriter> writer;
};

TEST_F(PushIntakeTest, AllItemsAreWrittenAndNumbered) {
  EXPECT_EQ(take({"1", "[2]", "\"3\""}), std::pair(1, Step::kTaken));
  EXPECT_EQ(take({"4"}), std::pair(1, Step::kTaken));
  EXPECT_EQ(writer->taken(), 4U);
  EXPECT_EQ(committed()->records, 4U);
}

TEST_F(PushIntakeTest, OfACommandWithABadItemNoneIsWritten) {
  EXPECT_EQ(take({"1", "2", "bad", "worse", "5"}), std::pair(1, Step::kRejected));
  EXPECT_EQ(push.rejected_item(), 3U);
  EXPECT_EQ(push.reject()->code, proto::RejectCode::kInvalidJson);
  EXPECT_FALSE(push.is_begun());
  EXPECT_EQ(take({"1", std::string(kRecordBytesMax + 1, '1')}), std::pair(1, Step::kRejected));
  EXPECT_EQ(push.reject()->code, proto::RejectCode::kRecordTooLarge);
  EXPECT_EQ(take({""}), std::pair(1, Step::kRejected));
  EXPECT_EQ(writer->rejects(), 3U);
  EXPECT_EQ(committed()->records, 0U);
}

TEST_F(PushIntakeTest, ItemsAreJudgedAndWrittenInTheirCharset) {
  writer->decode_from({*proto::find_charset("gbk"), false});
  EXPECT_EQ(take({"\"\x95\x5c\"", "2"}), std::pair(1, Step::kTaken));
  EXPECT_EQ(take({"1", "\"\xff\""}), std::pair(1, Step::kRejected));
  EXPECT_EQ(push.rejected_item(), 2U);
  EXPECT_EQ(push.reject()->code, proto::RejectCode::kInvalidCharset);
  EXPECT_EQ(committed()->records, 2U);
}

TEST_F(PushIntakeTest, ARecordThatWasMadeIsNotDecodedAgain) {
  writer->decode_from({*proto::find_charset("gbk"), false});
  std::string text = "{\"a\":\"北京\"}";
  text.reserve(text.size() + 64);
  EXPECT_EQ(push.take_made({text, true, 0}, *writer, when), Step::kTaken);
  EXPECT_EQ(push.take_made({"{", false, 0}, *writer, when), Step::kRejected);
  EXPECT_EQ(push.reject()->code, proto::RejectCode::kInvalidJson);
  EXPECT_EQ(committed()->records, 1U);
}

TEST_F(PushIntakeTest, ATurnCostsNoMoreThanItMay) {
  const std::vector<std::string> items(100, "\"some text\"");
  const auto [turns, step] = take(items, 1000);
  EXPECT_EQ(step, Step::kTaken);
  EXPECT_GE(turns, 30);
  EXPECT_EQ(committed()->records, 100U);
}

}  // namespace
}  // namespace crawlspool::redis
