#include "daemon/net/listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "tests/net/run_until.h"

namespace crawlspool::net {
namespace {

using base::Endpoint;
using base::UniqueFd;
using test::run_until;

Endpoint endpoint(std::string_view url) { return Endpoint::parse(url).value(); }

UniqueFd connect_to(const Endpoint& at) {
  UniqueFd fd(::socket(at.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(fd.get(), at.address(), at.length()) != 0) fd.reset();
  return fd;
}

Endpoint local_end(const UniqueFd& fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&storage), &length);
  return {reinterpret_cast<const sockaddr*>(&storage), length};
}

class ListenerTest : public testing::Test {
 protected:
  base::Result<std::unique_ptr<Listener>> open(const Endpoint& at) {
    auto socket = listen_on(at, {});
    if (!socket) return tl::unexpected(socket.error());
    return Listener::open(
        loop, std::move(*socket),
        [this](UniqueFd fd, const base::Peer& peer) {
          accepted.push_back(std::move(fd));
          peers.push_back(peer.text);
        },
        [this](int error) {
          shortages.push_back(error);
          if (on_shortage) on_shortage();
        });
  }

  Loop loop;
  std::vector<UniqueFd> accepted;
  std::vector<std::string> peers;
  std::vector<int> shortages;
  std::function<void()> on_shortage;
};

TEST_F(ListenerTest, AcceptsOnThePortItWasGiven) {
  const auto listener = open(endpoint("tcp://127.0.0.1:0")).value();
  EXPECT_NE(listener->local().to_string(), "127.0.0.1:0");
  const UniqueFd client = connect_to(listener->local());
  ASSERT_TRUE(client.valid());
  EXPECT_TRUE(run_until(loop, [&] { return accepted.size() == 1; }));
  EXPECT_EQ(peers.front(), local_end(client).to_string());
  EXPECT_NE(::fcntl(accepted.front().get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(accepted.front().get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(ListenerTest, AcceptsIpv6BesideIpv4OnTheSamePort) {
  const auto v6 = open(endpoint("tcp://[::1]:0"));
  if (!v6) GTEST_SKIP() << "no IPv6 here: " << v6.error().message();
  const UniqueFd client = connect_to((*v6)->local());
  ASSERT_TRUE(client.valid());
  EXPECT_TRUE(run_until(loop, [&] { return accepted.size() == 1; }));
  EXPECT_TRUE(peers.front().starts_with("[::1]:")) << peers.front();
}

TEST_F(ListenerTest, TheIpv6WildcardLeavesIpv4sPortAlone) {
  const auto v6 = open(endpoint("tcp://[::]:0"));
  if (!v6) GTEST_SKIP() << "no IPv6 here: " << v6.error().message();
  const std::string text = (*v6)->local().to_string();
  const Endpoint v4 = endpoint("tcp://127.0.0.1" + text.substr(text.rfind(':')));
  EXPECT_FALSE(connect_to(v4).valid()) << "nobody listens there";
}

TEST_F(ListenerTest, MoreConnectionsThanATurnTakesAreAllAccepted) {
  const auto listener = open(endpoint("tcp://127.0.0.1:0")).value();
  std::vector<UniqueFd> clients;
  clients.reserve(150);
  for (int i = 0; i < 150; ++i) clients.push_back(connect_to(listener->local()));
  EXPECT_TRUE(run_until(loop, [&] { return accepted.size() == clients.size(); }));
  EXPECT_TRUE(shortages.empty());
}

TEST_F(ListenerTest, AnAddressInUseIsAnErrorThatNamesIt) {
  const auto first = open(endpoint("tcp://127.0.0.1:0")).value();
  const auto second = open(first->local());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().errno_value, EADDRINUSE);
  EXPECT_NE(second.error().message().find(first->local().to_string()), std::string::npos) << second.error().message();
}

TEST_F(ListenerTest, AForeignAddressIsAnErrorThatNamesIt) {
  const auto listener = open(endpoint("tcp://192.0.2.1:0"));  // for documentation only: never this machine's
  ASSERT_FALSE(listener);
  EXPECT_NE(listener.error().message().find("192.0.2.1:0"), std::string::npos) << listener.error().message();
}

TEST_F(ListenerTest, ClosedItRefusesConnections) {
  auto listener = open(endpoint("tcp://127.0.0.1:0")).value();
  const Endpoint at = listener->local();
  listener.reset();
  EXPECT_FALSE(connect_to(at).valid());
}

// Leaves the process with no free descriptor until it is destroyed.
class NoDescriptorsLeft {
 public:
  NoDescriptorsLeft() {
    ::getrlimit(RLIMIT_NOFILE, &was_);
    UniqueFd lowest(::dup(STDIN_FILENO));
    rlimit none = was_;
    none.rlim_cur = static_cast<rlim_t>(lowest.get());
    lowest.reset();
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  NoDescriptorsLeft(const NoDescriptorsLeft&) = delete;
  NoDescriptorsLeft& operator=(const NoDescriptorsLeft&) = delete;
  ~NoDescriptorsLeft() { ::setrlimit(RLIMIT_NOFILE, &was_); }

 private:
  rlimit was_{};
};

TEST_F(ListenerTest, OutOfDescriptorsItPausesAndResumesOnceSomeAreFree) {
  const auto listener = open(endpoint("tcp://127.0.0.1:0")).value();
  const UniqueFd first = connect_to(listener->local());
  const UniqueFd second = connect_to(listener->local());
  ASSERT_TRUE(second.valid());
  Timer probe(loop, [this] { loop.stop(); });
  on_shortage = [&] { probe.start(100); };  // before the listener tries again
  std::optional<NoDescriptorsLeft> none(std::in_place);
  loop.run();
  EXPECT_EQ(shortages, std::vector<int>{EMFILE}) << "it does not spin";
  EXPECT_TRUE(accepted.empty());

  on_shortage = {};
  EXPECT_TRUE(run_until(loop, [&] { return shortages.size() == 2; })) << "it tries again by itself";
  none.reset();
  EXPECT_TRUE(run_until(loop, [&] { return accepted.size() == 2; })) << "nobody was dropped";
}

TEST_F(ListenerTest, MayDieWhileItPauses) {
  auto listener = open(endpoint("tcp://127.0.0.1:0")).value();
  const UniqueFd client = connect_to(listener->local());
  const std::optional<NoDescriptorsLeft> none(std::in_place);
  EXPECT_TRUE(run_until(loop, [&] { return shortages.size() == 1; }));
  listener.reset();
}

}  // namespace
}  // namespace crawlspool::net
