#include "daemon/net/datagram_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace crawlspool::net {
namespace {

// A socket and a sender that is connected to it.
class Datagrams : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    ASSERT_NE(::mkdtemp(directory.data()), nullptr);
    const std::string url = GetParam() == std::string("unix") ? "unix-dgram://" + directory + "/s" : GetParam();
    auto bound = listen_on(base::Endpoint::parse(url).value(), {});
    if (!bound) GTEST_SKIP() << bound.error().message();
    socket = DatagramSocket::open(std::move(*bound)).value();
    const base::Endpoint& to = socket->local();
    sender.reset(::socket(to.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(sender.get(), to.address(), to.length()), 0);
  }
  void TearDown() override {
    socket.reset();
    ::rmdir(directory.c_str());
  }

  [[nodiscard]] bool send(std::string_view bytes) const {
    return ::send(sender.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) >= 0;
  }
  [[nodiscard]] bool is_unix() const { return socket->local().is_unix(); }

  std::string directory = "/tmp/datagramsXXXXXX";
  std::unique_ptr<DatagramSocket> socket;
  base::UniqueFd sender;
};

class UdpDatagrams : public Datagrams {};
class UnixDatagrams : public Datagrams {};

INSTANTIATE_TEST_SUITE_P(Carriers, Datagrams, testing::Values("udp://127.0.0.1:0", "udp://[::1]:0", "unix"));
INSTANTIATE_TEST_SUITE_P(Families, UdpDatagrams, testing::Values("udp://127.0.0.1:0", "udp://[::1]:0"));
INSTANTIATE_TEST_SUITE_P(Alone, UnixDatagrams, testing::Values("unix"));

TEST_P(Datagrams, AreReceivedInOrderWithTheirSender) {
  EXPECT_EQ(socket->receive(), 0U);
  for (const char* const text : {"one", "", "three"}) ASSERT_TRUE(send(text));
  ASSERT_EQ(socket->receive(), 3U);
  EXPECT_EQ(socket->received(0).bytes, "one");
  EXPECT_EQ(socket->received(1).bytes, "");
  const auto last = socket->received(2);
  EXPECT_EQ(last.bytes, "three");
  EXPECT_FALSE(last.is_cut);
  if (is_unix()) {
    EXPECT_EQ(last.user, ::getuid());
    EXPECT_EQ(last.process, ::getpid());
  } else {
    EXPECT_EQ(last.from.to_string(), base::Endpoint::local_end(sender.get()).to_string());
    EXPECT_FALSE(last.user);
  }
  EXPECT_EQ(socket->receive(), 0U);
}

TEST_P(Datagrams, OneCallReceivesABoundedNumber) {
  const std::size_t bound = is_unix() ? DatagramSocket::kReceivedMax / 4 : DatagramSocket::kReceivedMax;
  for (std::size_t i = 0; i < bound + 2; ++i) ASSERT_TRUE(send(std::to_string(i)));
  EXPECT_EQ(socket->receive(), bound);
  EXPECT_EQ(socket->receive(), 2U);
  EXPECT_EQ(socket->received(1).bytes, std::to_string(bound + 1));
}

TEST_P(UdpDatagrams, AreAnsweredAtTheirSendersAddress) {
  ASSERT_TRUE(send("asked"));
  ASSERT_EQ(socket->receive(), 1U);
  ASSERT_TRUE(socket->send(socket->received(0).from, "answered"));
  std::string answer(100, '\0');
  answer.resize(static_cast<std::size_t>(::recv(sender.get(), answer.data(), answer.size(), 0)));
  EXPECT_EQ(answer, "answered");
}

TEST_P(UdpDatagrams, AreCountedWhereTheKernelDropsThem) {
  EXPECT_LE(socket->set_buffer(4096), 4096U);
  const std::string text(500, 'x');
  constexpr std::uint32_t kSent = 1000;
  for (std::uint32_t i = 0; i < kSent; ++i) ASSERT_TRUE(send(text));
  std::uint32_t received = 0;
  while (const std::size_t some = socket->receive()) received += static_cast<std::uint32_t>(some);
  EXPECT_GT(received, 0U);
  EXPECT_GT(socket->dropped(), 0U);
  EXPECT_EQ(socket->dropped() + received, kSent);
}

TEST_P(Datagrams, BehindAClosedEntranceAreCountedOrRefused) {
  ASSERT_TRUE(send("inside"));
  EXPECT_EQ(socket->unreceived_bytes() > 0, !is_unix()) << "of a unix socket the sender's side is charged";
  socket->close_entrance();
  EXPECT_EQ(send("outside"), !is_unix());
  ASSERT_EQ(socket->receive(), 1U);
  EXPECT_EQ(socket->received(0).bytes, "inside");
  EXPECT_EQ(socket->receive(), 0U);
  EXPECT_EQ(socket->dropped(), is_unix() ? 0U : 1U);
  EXPECT_EQ(socket->unreceived_bytes(), 0U);
}

TEST_P(UnixDatagrams, LongerThanTheirRoomAreCutAndSaySo) {
  const int bytes = 1'000'000;
  ::setsockopt(sender.get(), SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes);
  if (!send(std::string(socket->datagram_bytes_max() + 1, 'x'))) GTEST_SKIP() << "nobody here may send so much";
  ASSERT_EQ(socket->receive(), 1U);
  EXPECT_TRUE(socket->received(0).is_cut);
  EXPECT_EQ(socket->received(0).bytes.size(), socket->datagram_bytes_max());
}

TEST(DatagramListening, TwoDoNotShareAPort) {
  const auto first = listen_on(base::Endpoint::parse("udp://127.0.0.1:0").value(), {}).value();
  const auto second = listen_on(base::Endpoint::local_end(first.fd.get()), {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().errno_value, EADDRINUSE);
}

}  // namespace
}  // namespace crawlspool::net
