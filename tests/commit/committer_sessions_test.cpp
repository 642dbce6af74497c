// What the committer answers about sessions, and when.
#include <gtest/gtest.h>

#include <cerrno>

#include "daemon/commit/committer.h"
#include "tests/commit/committing.h"

namespace crawlspool::commit {
namespace {

using config::SyncPolicy;
using test::Call;

constexpr spool::SessionKey kSession = 0x5f3a;

class CommitterSessions : public OnForgetfulDisk {
 protected:
  std::unique_ptr<AppendBatch> of_session(std::uint64_t seq, const std::string& rejects = {}) {
    auto made = rejects.empty() ? batch(seq) : batch(seq, "", rejects);
    made->sessions.push_back({kSession, {"w"}, seq, rejects.empty() ? 0U : 1U});
    return made;
  }
  std::unique_ptr<AppendBatch> lease_request(std::uint64_t number) {
    auto made = std::make_unique<AppendBatch>();
    made->sink = &returned;
    made->number = number;
    session::LeaseRequest request;
    request.session = kSession;
    request.owner.client = "w";
    made->lease_requests.push_back(request);
    return made;
  }
  session::LeaseReply ask(std::uint64_t number) {
    committer->submit(lease_request(number));
    while (true) {
      const auto batch = returned.take();
      if (!batch) return {};
      if (batch->number == number) return batch->lease_requests.front().reply;
    }
  }
};

TEST_F(CommitterSessions, AnAnswerCountsAllThatWasSubmittedBefore) {
  start();
  EXPECT_FALSE(ask(1).known);
  committer->submit(of_session(2));
  committer->submit(of_session(3, "rejected\n"));
  const session::LeaseReply answer = ask(4);
  EXPECT_TRUE(answer.known);
  EXPECT_EQ(answer.last_seq, 3U);
  EXPECT_EQ(answer.rejected, 1U);
}

TEST_F(CommitterSessions, OtherLimitsCountForTheNextRequest) {
  start();
  const auto other = [this](std::uint64_t number, spool::SessionKey session) {
    auto asking = lease_request(number);
    asking->lease_requests.front().session = session;
    committer->submit(std::move(asking));
    return returned.take()->lease_requests.front().reply.verdict;
  };
  EXPECT_EQ(other(1, 1), session::LeaseReply::Verdict::kGranted);
  committer->set_live_options({{.sessions_max = 1}, spool_options});
  EXPECT_EQ(other(2, 2), session::LeaseReply::Verdict::kTooMany);
  committer->set_live_options({{.sessions_max = 20}, spool_options});
  EXPECT_EQ(other(3, 3), session::LeaseReply::Verdict::kGranted);
}

TEST_F(CommitterSessions, AnAnswerSyncsWhatTheIntervalHadLeft) {
  for (const SyncPolicy policy : {SyncPolicy::kInterval, SyncPolicy::kNever}) {
    disk = test::ForgetfulDisk();
    start({policy, 3'600'000, {}});
    const std::size_t had = returned.count();
    committer->submit(of_session(1));
    returned.wait_for(had + 1);
    EXPECT_EQ(disk.count(Call::kSyncData, kSegmentFile), 0U);
    EXPECT_EQ(ask(2).last_seq, 1U);
    EXPECT_EQ(disk.count(Call::kSyncData, kSegmentFile), 1U);
    EXPECT_TRUE(finish());
  }
}

TEST_F(CommitterSessions, ThoseContentWithItAreToldOnceTheLinesAreWrittenAndBeforeTheSync) {
  start();
  auto content = of_session(1);
  content->connections.front().once_written = true;
  content->acks_once_written = true;
  committer->submit(std::move(content));
  returned.wait_for(1);
  EXPECT_LT(place(Call::kWrite, kSegmentFile), place(Call::kNote, "written 1"));
  EXPECT_LT(place(Call::kNote, "written 1"), place(Call::kSyncData, kSegmentFile));
  EXPECT_LT(place(Call::kSyncData, kSegmentFile), place(Call::kNote, "stored 1"));
}

TEST_F(CommitterSessions, NobodyIsToldOfLinesThatAreNotWritten) {
  start();
  auto content = of_session(1);
  content->connections.front().once_written = true;
  content->acks_once_written = true;
  disk.fail({Call::kWrite, EIO, kSegmentFile});
  committer->submit(std::move(content));
  EXPECT_FALSE(returned.wait_for(1).front()->stored);
  EXPECT_EQ(disk.count(Call::kNote, "written 1"), 0U);
}

TEST_F(CommitterSessions, AFailedSpoolAnswersNothing) {
  start();
  disk.fail({Call::kSyncData, EIO, kSegmentFile});
  committer->submit(of_session(1));
  committer->submit(lease_request(2));
  EXPECT_FALSE(returned.wait_for(2).back()->stored);
}

TEST_F(CommitterSessions, ASessionEndsWithItsConnection) {
  start();
  static_cast<void>(ask(1));
  auto ending = batch(2);
  ending->ended_sessions.push_back(kSession);
  committer->submit(std::move(ending));
  returned.wait_for(1);
  wait_until([&] { return committer->stats().sessions_connected == 0; });
  committer->submit(lease_request(3));
  returned.wait_for(2);
  wait_until([&] { return committer->stats().sessions_connected == 1; });
}

}  // namespace
}  // namespace crawlspool::commit
