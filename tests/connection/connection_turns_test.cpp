// Whatever a connection calls while it takes input in, it does not come back to its own reading before that is done.
#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "daemon/connection/connection.h"
#include "daemon/connection/io_loop.h"
#include "daemon/net/signal.h"
#include "daemon/net/socket_stream.h"
#include "tests/commit/committing.h"
#include "tests/net/run_until.h"

namespace crawlspool::connection {
namespace {

using net::test::run_until;

// Does what the test says with each input, and notes how deep it is in taking some.
class Talker final : public Protocol {
 public:
  explicit Talker(Connection& on) : connection(on) {}

  Connection& connection;
  std::function<void()> on_view = [] {};   // while the input is in view
  std::function<void()> on_taken = [] {};  // behind it
  std::string taken;
  std::size_t take_max = SIZE_MAX;  // of each input: the connection keeps the rest
  std::size_t slice = 1000;
  int depth = 0;
  int deepest = 0;
  int inputs = 0;

  void wait() { connection.reader().pause(Pause::kBusy); }
  void wait_for_output() { connection.reader().pause(Pause::kOutput); }
  void resume() { connection.resume(); }
  [[nodiscard]] bool paused() const { return connection.reader().paused().has_value(); }

 private:
  void refuse(const LimitMet& /*limit*/) override {}
  ReadPlan plan_read() override { return {slice}; }
  std::size_t on_input(std::string_view bytes) override {
    const std::size_t some = std::min(take_max, bytes.size());
    take(bytes.substr(0, some));
    return some;
  }
  void on_eof() override { connection.finish("eof"); }
  [[nodiscard]] std::size_t held_bytes() const override { return 0; }
  void on_synced(std::uint64_t /*count*/) override { connection.resume(); }
  void on_spool_failed() override {}
  void on_drain() override {}
  void on_resumed(std::int64_t /*paused_ms*/) override {}
  [[nodiscard]] std::int64_t deadline_ms() const override { return kNever; }
  void on_deadline() override {}

  void take(std::string_view bytes) {
    ++inputs;
    deepest = std::max(deepest, ++depth);
    on_view();
    taken += bytes;  // what is in view, behind all that was called
    on_taken();
    --depth;
  }
};

class ConnectionTurns : public commit::OnForgetfulDisk {
 protected:
  void SetUp() override {
    net::set_up_signals();
    start();
    config = std::make_shared<const config::Config>();
    memory = std::make_unique<commit::MemoryBudget>(64 << 20, 1 << 20);
    authenticator = std::make_unique<auth::Authenticator>(*config, clock);
    admission = std::make_unique<Admission>(config->limits);
    shared = std::make_unique<Shared>(Shared{clock, *committer, *memory, *admission, sessions, streams, closes,
                                             connection_log, turns, amplification, loops, charsets, *authenticator});
    io = std::make_unique<IoLoop>(*shared, config);
  }
  void TearDown() override {
    finish();  // what comes back goes to the loop
    io.reset();
    commit::OnForgetfulDisk::TearDown();
  }

  Talker& open(net::test::Pair& pair) {
    const base::ConnectionId id = ++last_id;
    auto made = std::make_unique<Connection>(*io, id, proto::input("stream"), base::Peer{"127.0.0.1:1", {}, {}},
                                             Admission::Ticket{});
    auto talker = std::make_unique<Talker>(*made);
    Talker& opened = *talker;
    made->speak(std::move(talker));
    io->adopt(std::move(made), std::make_unique<net::SocketStream>(std::move(pair.ours)));
    return opened;
  }
  static void say(const net::test::Pair& pair, std::string_view text) {
    ASSERT_EQ(::write(pair.theirs.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  ConfigPtr config;
  std::unique_ptr<commit::MemoryBudget> memory;
  std::unique_ptr<Admission> admission;
  session::LeaseExchange sessions;
  commit::StreamLabels streams;
  CloseCounts closes;
  ConnectionLog connection_log{clock};
  intake::Charsets charsets;
  std::unique_ptr<auth::Authenticator> authenticator;
  TurnCounts turns;
  AmplificationLedger amplification;
  std::vector<IoLoop*> loops;
  std::unique_ptr<Shared> shared;
  std::unique_ptr<IoLoop> io;
  base::ConnectionId last_id = 0;
};

TEST_F(ConnectionTurns, AResumeWithinInputWaitsForItsEnd) {
  auto pair = net::test::tcp_pair();
  Talker& talker = open(pair);
  talker.on_view = [&] {
    talker.wait();
    talker.resume();
    EXPECT_TRUE(talker.paused());
  };
  say(pair, "one");
  ASSERT_TRUE(run_until(io->loop(), [&] { return talker.taken == "one"; }));
  EXPECT_FALSE(talker.paused());
  say(pair, "two");
  ASSERT_TRUE(run_until(io->loop(), [&] { return talker.taken == "onetwo"; }));
}

TEST_F(ConnectionTurns, AnAnswerFromElsewhereWithinInputWaitsForItsEnd) {
  auto pair = net::test::tcp_pair();
  Talker& talker = open(pair);
  talker.on_view = [&] {
    talker.wait();
    talker.connection.on_synced(1);
    EXPECT_TRUE(talker.paused());
  };
  say(pair, "one");
  ASSERT_TRUE(run_until(io->loop(), [&] { return talker.taken == "one"; }));
  EXPECT_FALSE(talker.paused());
}

TEST_F(ConnectionTurns, WhatAResetConnectionHadSentIsTakenInOrderAndUnspoilt) {
  std::string sent;
  for (int i = 0; i < 5000; ++i) sent += std::to_string(i) + ",";
  auto pair = net::test::tcp_pair();
  say(pair, sent);
  Talker& talker = open(pair);
  net::test::reset_connection(pair.theirs);
  talker.on_view = [&] {
    talker.wait();
    talker.resume();
  };
  std::string all;
  talker.on_taken = [&] { all = talker.taken; };
  ASSERT_TRUE(run_until(io->loop(), [&] { return io->sources().find(1) == nullptr; }));
  EXPECT_EQ(all, sent);
}

TEST_F(ConnectionTurns, KeptInputIsTakenOnceATurnHoweverOftenItIsToGoOn) {
  auto pair = net::test::tcp_pair();
  Talker& talker = open(pair);
  talker.take_max = 1;
  talker.on_view = [&] {
    talker.wait();
    for (int i = 0; i < 3; ++i) talker.resume();
  };
  const std::string sent = "x" + std::string(10'000, 'k');
  say(pair, sent);
  ASSERT_TRUE(run_until(io->loop(), [&] { return talker.taken.size() == sent.size(); }));
  EXPECT_EQ(talker.taken, sent);
  EXPECT_EQ(talker.inputs, static_cast<int>(sent.size()));
  EXPECT_EQ(talker.deepest, 1);
}

// Answers that the peer takes at once end the pause for them while the input is still in hand.
TEST_F(ConnectionTurns, SentAnswersDoNotTakeKeptInputWithinInput) {
  auto pair = net::test::tcp_pair();
  Talker& talker = open(pair);
  talker.take_max = 1;
  talker.on_view = [&] {
    talker.connection.link().output() += "!";
    talker.wait_for_output();
    talker.connection.send(true);
  };
  const std::string sent(1000, 'k');
  say(pair, sent);
  ASSERT_TRUE(run_until(io->loop(), [&] { return talker.taken == sent; }));
  EXPECT_EQ(talker.deepest, 1);
}

TEST_F(ConnectionTurns, AnotherConnectionsInputWaitsForTheNextTurn) {
  auto first_pair = net::test::tcp_pair();
  auto second_pair = net::test::tcp_pair();
  Talker& first = open(first_pair);
  Talker& second = open(second_pair);
  second.take_max = 1;
  second.on_view = [&] { second.wait(); };
  say(second_pair, "ab");
  ASSERT_TRUE(run_until(io->loop(), [&] { return second.taken == "a"; }));
  first.on_view = [&] {
    second.resume();
    EXPECT_EQ(second.inputs, 1);
  };
  say(first_pair, "x");
  ASSERT_TRUE(run_until(io->loop(), [&] { return second.taken == "ab"; }));
  EXPECT_EQ(first.taken, "x");
}

TEST_F(ConnectionTurns, KeptInputThatNobodyWaitsWithGoesOnNextTurn) {
  auto pair = net::test::tcp_pair();
  Talker& talker = open(pair);
  talker.take_max = 1;
  say(pair, "xk");
  ASSERT_TRUE(run_until(io->loop(), [&] { return talker.taken == "xk"; }));
}

TEST_F(ConnectionTurns, ANextTurnThatIsAskedForSeveralTimesComesOnce) {
  auto pair = net::test::tcp_pair();
  Talker& talker = open(pair);
  talker.take_max = 1;
  talker.on_view = [&] { talker.wait(); };
  say(pair, "abc");
  ASSERT_TRUE(run_until(io->loop(), [&] { return talker.taken == "a"; }));
  for (int i = 0; i < 3; ++i) talker.connection.resume_next_turn();
  EXPECT_EQ(talker.taken, "a");
  ASSERT_TRUE(run_until(io->loop(), [&] { return talker.taken == "ab"; }));
  net::test::run_turns(io->loop(), 3);
  EXPECT_EQ(talker.taken, "ab");  // nothing was left of the other two
}

TEST_F(ConnectionTurns, InputThatIsKeptIsChargedUntilItIsTaken) {
  constexpr std::int64_t kKept = 140'000;  // more than an account keeps in reserve
  auto pair = net::test::local_pair();
  say(pair, std::string(kKept, 'k'));
  Talker& talker = open(pair);
  talker.slice = kKept;
  talker.take_max = 0;
  talker.on_view = [&] {
    if (talker.inputs == 1) talker.wait();
  };
  ASSERT_TRUE(run_until(io->loop(), [&] { return talker.inputs == 1; }));
  EXPECT_GE(memory->accounted(), kKept);
  talker.take_max = SIZE_MAX;
  talker.resume();
  ASSERT_TRUE(run_until(io->loop(), [&] { return std::ssize(talker.taken) == kKept; }));
  net::test::run_turns(io->loop(), 1);
  EXPECT_LT(memory->accounted(), kKept);
}

}  // namespace
}  // namespace crawlspool::connection
