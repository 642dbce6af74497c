#include "daemon/net/byte_channel.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <optional>

#include "daemon/net/signal.h"
#include "daemon/net/socket_stream.h"
#include "tests/net/run_until.h"

namespace crawlspool::net {
namespace {

using test::run_turns;
using test::run_until;
using End = ReadResult::End;

// A channel on a loop with its peer as a plain descriptor. Counts what it is told of.
class ByteChannelTest : public testing::Test, private PollHandler {
 protected:
  void open(test::Pair pair) {
    set_up_signals();
    peer = std::move(pair.theirs);
    channel.emplace(ByteChannel::open(loop, std::make_unique<SocketStream>(std::move(pair.ours)), *this).value());
  }

  // Waits until the kernel has something for our end.
  void wait_for_input(int fd) {
    pollfd waited{fd, POLLIN, 0};
    ASSERT_EQ(::poll(&waited, 1, static_cast<int>(test::kPatienceMs)), 1);
  }

  std::string read_peer(std::size_t bytes) {
    std::string got(bytes, '\0');
    const ssize_t n = ::recv(peer.get(), got.data(), bytes, MSG_WAITALL);
    got.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
    return got;
  }

  Loop loop;
  base::UniqueFd peer;
  int readable = 0;
  int writable = 0;
  int hangups = 0;
  int broken = 0;
  std::function<void(Ready)> then;
  std::optional<ByteChannel> channel;

 private:
  void on_ready(Ready ready) override {
    readable += ready.readable ? 1 : 0;
    writable += ready.writable ? 1 : 0;
    hangups += ready.hangup ? 1 : 0;
    broken += ready.broken ? 1 : 0;
    if (then) then(ready);
  }
};

TEST_F(ByteChannelTest, ReadsSayBytesThenNothingYetThenTheEnd) {
  open(test::local_pair());
  std::array<char, 4> into{};
  EXPECT_EQ(channel->read(into).end, End::kAgain);
  ASSERT_EQ(::write(peer.get(), "abcdef", 6), 6);
  ReadResult result = channel->read(into);
  EXPECT_EQ(result.end, End::kNone);
  EXPECT_EQ(std::string_view(into.data(), result.bytes), "abcd");
  result = channel->read(into);
  EXPECT_EQ(std::string_view(into.data(), result.bytes), "ef");
  EXPECT_EQ(channel->read(into).end, End::kAgain);
  peer.reset();
  result = channel->read(into);
  EXPECT_EQ(result.end, End::kEof);
  EXPECT_EQ(result.bytes, 0U);
}

TEST_F(ByteChannelTest, AReadAfterAResetSaysBroken) {
  test::Pair pair = test::tcp_pair();
  const int fd = pair.ours.get();
  open(std::move(pair));
  test::reset_connection(peer);
  wait_for_input(fd);
  std::array<char, 4> into{};
  EXPECT_EQ(channel->read(into).end, End::kBroken);
}

TEST_F(ByteChannelTest, OutputWaitsUntilItIsFlushed) {
  open(test::tcp_pair());
  channel->output() += "hello ";
  channel->output() += "there";
  EXPECT_EQ(channel->unsent_bytes(), 11U);
  EXPECT_TRUE(channel->flush());
  EXPECT_EQ(channel->unsent_bytes(), 0U);
  EXPECT_EQ(read_peer(11), "hello there");
  run_turns(loop, 3);
  EXPECT_EQ(writable, 0) << "with nothing left, room to write is nothing to wake up for";
}

TEST_F(ByteChannelTest, WhatThePeerDoesNotReadLeavesOnceItReads) {
  test::Pair pair = test::tcp_pair();
  ASSERT_EQ(::fcntl(pair.theirs.get(), F_SETFL, O_NONBLOCK), 0);
  open(std::move(pair));
  std::string sent(16U << 20, '\0');
  for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 31 + i / 977);
  channel->output() += sent;
  EXPECT_TRUE(channel->flush());
  EXPECT_GT(channel->unsent_bytes(), 0U);
  EXPECT_LT(channel->unsent_bytes(), sent.size());
  channel->output() += "more";
  sent += "more";

  then = [&](Ready ready) { EXPECT_TRUE(!ready.writable || channel->flush()); };
  std::string got;
  std::vector<char> into(1U << 20);
  Timer reading(loop, [&] {
    for (ssize_t n = 0; (n = ::read(peer.get(), into.data(), into.size())) > 0;)
      got.append(into.data(), static_cast<std::size_t>(n));
  });
  reading.start(0, 1);
  EXPECT_TRUE(run_until(loop, [&] { return got.size() >= sent.size(); }));
  EXPECT_TRUE(got == sent);
  EXPECT_GT(writable, 0);
  EXPECT_EQ(channel->unsent_bytes(), 0U);
  EXPECT_LE(channel->held_bytes(), 4096U) << "a long queue's memory is given back";
  writable = 0;
  run_turns(loop, 3);
  EXPECT_EQ(writable, 0);
}

TEST_F(ByteChannelTest, DroppedOutputIsNeitherSentNorWaitedFor) {
  open(test::tcp_pair());
  channel->output() += "dropped";
  channel->drop_output();
  EXPECT_EQ(channel->unsent_bytes(), 0U);
  channel->output() += "sent";
  EXPECT_TRUE(channel->flush());
  EXPECT_EQ(read_peer(4), "sent");
  run_turns(loop, 3);
  EXPECT_EQ(writable, 0);
}

TEST_F(ByteChannelTest, InputIsToldOfOnlyWhileItIsWanted) {
  open(test::tcp_pair());
  ASSERT_EQ(::write(peer.get(), "x", 1), 1);
  run_turns(loop, 3);
  EXPECT_EQ(readable, 0);
  channel->want_input(true);
  EXPECT_TRUE(run_until(loop, [&] { return readable > 0; }));
  channel->want_input(false);
  run_turns(loop, 1);
  readable = 0;
  run_turns(loop, 3);
  EXPECT_EQ(readable, 0);
}

TEST_F(ByteChannelTest, AHangupIsSeenWhileInputIsNotWantedAndUnreadBytesStay) {
  open(test::tcp_pair());
  channel->want_input(false);
  ASSERT_EQ(::write(peer.get(), "last", 4), 4);
  ASSERT_EQ(::shutdown(peer.get(), SHUT_WR), 0);
  EXPECT_TRUE(run_until(loop, [&] { return hangups > 0; }));
  EXPECT_EQ(readable, 0);
  channel->hangup_seen();
  run_turns(loop, 1);
  hangups = 0;
  run_turns(loop, 3);
  EXPECT_EQ(hangups, 0) << "told of until it was seen, not for ever";

  channel->want_input(true);
  EXPECT_TRUE(run_until(loop, [&] { return readable > 0; }));
  std::array<char, 16> into{};
  EXPECT_EQ(channel->read(into).bytes, 4U);
  EXPECT_EQ(channel->read(into).end, End::kEof);
}

TEST_F(ByteChannelTest, AResetIsToldOfWhileInputIsNotWanted) {
  open(test::tcp_pair());
  channel->want_input(false);
  test::reset_connection(peer);
  EXPECT_TRUE(run_until(loop, [&] { return broken > 0; }));
}

TEST_F(ByteChannelTest, AFlushToAResetConnectionSaysSo) {
  test::Pair pair = test::tcp_pair();
  const int fd = pair.ours.get();
  open(std::move(pair));
  test::reset_connection(peer);
  wait_for_input(fd);
  channel->output() += "x";
  EXPECT_FALSE(channel->flush());
}

TEST_F(ByteChannelTest, TheSendingSideIsShutBehindTheLastWordsWhileInputStillComes) {
  open(test::tcp_pair());
  channel->output() += "bye";
  EXPECT_TRUE(channel->flush());
  channel->shut_sending_side();
  EXPECT_EQ(read_peer(100), "bye") << "and then the end";
  ASSERT_EQ(::write(peer.get(), "late", 4), 4);
  channel->want_input(true);
  EXPECT_TRUE(run_until(loop, [&] { return readable > 0; }));
  std::array<char, 16> into{};
  EXPECT_EQ(channel->read(into).bytes, 4U);
}

TEST_F(ByteChannelTest, OwnerMayDieWhileItIsToldAndThePeerSeesTheEnd) {
  open(test::tcp_pair());
  then = [&](Ready) { channel.reset(); };
  channel->want_input(true);
  ASSERT_EQ(::shutdown(peer.get(), SHUT_WR), 0);
  EXPECT_TRUE(run_until(loop, [&] { return !channel.has_value(); }));
  EXPECT_EQ(read_peer(1), "") << "closed at once, not when the loop ends";
}

TEST_F(ByteChannelTest, OwnerMayDieWithOutputUnsent) {
  open(test::tcp_pair());
  channel->output() += std::string(16U << 20, 'x');
  EXPECT_TRUE(channel->flush());
  channel.reset();
  run_turns(loop, 3);
  EXPECT_EQ(writable, 0);
}

}  // namespace
}  // namespace crawlspool::net
