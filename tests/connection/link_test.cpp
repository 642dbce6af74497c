#include "daemon/connection/link.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>

#include "daemon/net/signal.h"
#include "daemon/net/socket_stream.h"
#include "tests/net/run_until.h"

namespace crawlspool::connection {
namespace {

constexpr std::int64_t kWriteMs = 1000;
constexpr std::size_t kMoreThanASocketTakes = std::size_t{32} * 1024 * 1024;

class LinkTest : public testing::Test, private net::PollHandler {
 protected:
  void SetUp() override {
    net::set_up_signals();
    auto pair = net::test::tcp_pair();
    peer = std::move(pair.theirs);
    ASSERT_TRUE(link.open(loop, std::make_unique<net::SocketStream>(std::move(pair.ours)), *this));
  }
  void TearDown() override { link.close(); }

  void say(std::size_t bytes, std::int64_t now_ms) {
    link.output().append(bytes, 'x');
    link.note_replies(now_ms);
  }
  // Takes so many bytes off the peer's end.
  void read_peer(std::size_t bytes) {
    std::string taken(bytes, '\0');
    ASSERT_EQ(::recv(peer.get(), taken.data(), bytes, MSG_WAITALL), static_cast<ssize_t>(bytes));
  }

  net::Loop loop;
  base::UniqueFd peer;
  Link link{0};

 private:
  void on_ready(net::Ready /*ready*/) override {}
};

TEST_F(LinkTest, WhatThePeerTakesAtOnceIsAllSent) {
  say(10, 0);
  const auto flushed = link.flush(5);
  EXPECT_TRUE(flushed.is_all_sent);
  EXPECT_EQ(link.times().last_activity_ms, 5);
  EXPECT_EQ(link.times().last_input_ms, 0);
  EXPECT_EQ(link.deadline_ms(kWriteMs), Link::kNever);
  EXPECT_FALSE(link.unread_bytes_per_ms(100'000));
}

TEST_F(LinkTest, RepliesThatNobodyReadsStallAndAcksAloneDoNot) {
  link.output().append(kMoreThanASocketTakes, 'x');
  EXPECT_FALSE(link.flush(0).is_all_sent);
  EXPECT_EQ(link.deadline_ms(kWriteMs), Link::kNever);
  link.note_replies(100);
  EXPECT_EQ(link.deadline_ms(kWriteMs), 100 + kWriteMs);
  EXPECT_FALSE(link.has_stalled(100 + kWriteMs - 1, kWriteMs));
  EXPECT_TRUE(link.has_stalled(100 + kWriteMs, kWriteMs));
}

TEST_F(LinkTest, APeerThatReadsPutsTheStallOffAndIsRatedByIt) {
  say(kMoreThanASocketTakes, 0);
  static_cast<void>(link.flush(0));
  EXPECT_FALSE(link.unread_bytes_per_ms(400));  // not waited for long
  read_peer(1'000'000);
  EXPECT_TRUE(net::test::run_until(loop, [&] {
    static_cast<void>(link.flush(900));
    return link.times().last_activity_ms == 900;
  }));
  EXPECT_FALSE(link.has_stalled(900 + kWriteMs - 1, kWriteMs));
  EXPECT_GT(link.unread_bytes_per_ms(1000).value(), 0);
}

TEST_F(LinkTest, ItEndsByItsLastWordsAndThenWaitsForThePeer) {
  say(10, 0);
  link.finish("bye");
  EXPECT_FALSE(link.is_open());
  EXPECT_TRUE(link.is_flushing());
  EXPECT_TRUE(link.flush(0).is_all_sent);
  link.linger(50);
  EXPECT_EQ(link.deadline_ms(kWriteMs), 1050);
  read_peer(10);
  char byte = 0;
  EXPECT_EQ(::read(peer.get(), &byte, 1), 0);  // the sending side is shut
  link.close();
  EXPECT_TRUE(link.is_closed());
  EXPECT_EQ(link.close_reason(), "bye");
}

TEST_F(LinkTest, ABrokenOneIsReadFirstWhileItIsOpenAndLostWhenItIsEnding) {
  net::test::reset_connection(peer);
  say(10, 0);
  EXPECT_TRUE(net::test::run_until(loop, [&] {
    link.output() += 'x';
    static_cast<void>(link.flush(0));
    return link.unsent_bytes() == 0;
  }));
  EXPECT_TRUE(link.is_open());
  link.abandon_output();
  say(10, 0);
  static_cast<void>(link.flush(0));
  EXPECT_EQ(link.unsent_bytes(), 0U);
}

TEST_F(LinkTest, WhatIsAbandonedIsNotSent) {
  say(kMoreThanASocketTakes, 0);
  static_cast<void>(link.flush(0));
  link.abandon_output();
  EXPECT_EQ(link.unsent_bytes(), 0U);
  EXPECT_FALSE(link.has_stalled(100'000, kWriteMs));
}

}  // namespace
}  // namespace crawlspool::connection
