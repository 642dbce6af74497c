#include "cli/common/channel.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <csignal>
#include <future>

#include "tests/cli/common/tls_listening.h"
#include "tests/support/temp_dir.h"

namespace crawlspool::cli {
namespace {

constexpr long kHour = 3600;
constexpr std::size_t kLargeBytes = 16 << 20;  // more than the sockets hold
constexpr std::size_t kPieceBytes = 512 * 1024;

class ChannelTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { std::signal(SIGPIPE, SIG_IGN); }  // as the command does

  std::string certificate(const std::string& name, long seconds = kHour) {
    make_certificate(temp.file(name), name, seconds);
    return temp.file(name);
  }
  static base::Result<Channel> open(const TlsListening& server, TlsSettings settings) {
    Address address = parse_address("tls://" + server.address(), "tcp").value();
    address.tls = std::move(settings);
    return Channel::open(address);
  }
  static void wait(const Channel& channel, short events) {
    pollfd waiting{channel.fd(), events, 0};
    EXPECT_EQ(::poll(&waiting, 1, bench::kDeadlineMs), 1) << "nothing happens";
  }
  // What has come by the end.
  static std::string read_all(Channel& channel) {
    std::string all;
    std::array<char, 1000> buffer{};
    while (true) {
      const auto n = channel.read_some(buffer.data(), buffer.size());
      if (!n) return "failed: " + n.error().message();
      if (*n && **n == 0) return all;
      if (*n)
        all.append(buffer.data(), **n);
      else
        wait(channel, POLLIN);
    }
  }

  test::TempDir temp;
};

TEST_F(ChannelTest, CarriesBytesBothWays) {
  const std::string path = certificate("127.0.0.1");
  const TlsListening server(path, [](ssl_st* tls) {
    std::array<char, 100> buffer{};
    const int n = SSL_read(tls, buffer.data(), buffer.size());
    const std::string text(5000, 'x');
    SSL_write(tls, buffer.data(), n);
    SSL_write(tls, text.data(), static_cast<int>(text.size()));
    SSL_shutdown(tls);
  });
  auto channel = open(server, {.files = {}, .own_certificate = path + ".pem"});
  ASSERT_TRUE(channel) << channel.error().message();
  EXPECT_EQ(channel->write_some("hello").value(), 5U);
  EXPECT_EQ(read_all(*channel), "hello" + std::string(5000, 'x'));
}

TEST_F(ChannelTest, TheSameBytesComeNextWhereThereWasNoRoom) {
  const std::string path = certificate("127.0.0.1");
  std::string text;
  for (std::size_t i = 0; text.size() < kLargeBytes; ++i) text += std::to_string(i);
  std::string received;
  std::promise<void> found_no_room;
  {
    const TlsListening server(path, [&](ssl_st* tls) {
      found_no_room.get_future().wait();
      std::array<char, 65536> buffer{};
      while (received.size() < text.size()) {
        const int n = SSL_read(tls, buffer.data(), buffer.size());
        if (n <= 0) return;
        received.append(buffer.data(), static_cast<std::size_t>(n));
      }
    });
    auto channel = open(server, {.files = {}, .own_certificate = path + ".pem"});
    ASSERT_TRUE(channel) << channel.error().message();
    std::size_t waits = 0;
    for (std::size_t written = 0; written < text.size();) {
      const std::string moved = text.substr(written, kPieceBytes);  // each attempt is from other memory
      const std::size_t n = channel->write_some(moved).value();
      written += n;
      if (n > 0) continue;
      if (++waits == 1) found_no_room.set_value();
      EXPECT_FALSE(channel->waits_for_input());
      wait(*channel, POLLOUT);
    }
    EXPECT_GT(waits, 0U);
    if (waits == 0) found_no_room.set_value();
    EXPECT_EQ(read_all(*channel), "");  // a close with unread input would throw away what is under way
  }
  EXPECT_TRUE(received == text) << "other bytes came";
}

TEST_F(ChannelTest, ADaemonsOwnCertificateIsKnownWhateverItsNameAndTime) {
  const std::string path = certificate("crawl-server.example", -60);
  const TlsListening server(path, [](ssl_st*) {});
  const auto channel = open(server, {.files = {}, .own_certificate = path + ".pem"});
  EXPECT_TRUE(channel) << channel.error().message();
}

TEST_F(ChannelTest, AnotherCertificateThanTheDaemonsOwnIsRefused) {
  const std::string other = certificate("other");
  const TlsListening server(certificate("127.0.0.1"), [](ssl_st*) { ADD_FAILURE() << "it was taken"; });
  const auto channel = open(server, {.files = {}, .own_certificate = other + ".pem"});
  ASSERT_FALSE(channel);
  EXPECT_NE(channel.error().message().find("is not the one in " + other + ".pem"), std::string::npos);
}

TEST_F(ChannelTest, AFileThatCannotBeUsedIsOfUsage) {
  const auto made =
      TlsContext::make({.files = {.ca = temp.file("none"), .certificate = {}, .key = {}}, .own_certificate = {}});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, base::ErrorCode::kUsage);
  EXPECT_NE(made.error().message().find(temp.file("none")), std::string::npos);
}

}  // namespace
}  // namespace crawlspool::cli
