// A listener on loopback that a test answers for by itself.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <utility>

#include "daemon/base/endpoint.h"
#include "daemon/base/unique_fd.h"

namespace crawlspool::bench {

constexpr int kDeadlineMs = 20'000;

// The server's end of a connection.
class Accepted {
 public:
  explicit Accepted(base::UniqueFd fd) : fd_(std::move(fd)) {
    const int yes = 1;
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  }

  [[nodiscard]] int fd() const { return fd_.get(); }
  // What has come, once there is anything; empty at the end.
  [[nodiscard]] std::string read() const {
    pollfd waiting{fd_.get(), POLLIN, 0};
    EXPECT_EQ(::poll(&waiting, 1, kDeadlineMs), 1) << "nothing came";
    return read_what_is_there();
  }
  // On loopback what was sent is there.
  [[nodiscard]] std::string read_what_is_there() const {
    std::array<char, 65536> buffer{};
    const ssize_t n = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    return n > 0 ? std::string(buffer.data(), static_cast<std::size_t>(n)) : std::string();
  }
  void write(const std::string& bytes) const {
    EXPECT_EQ(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }

 private:
  base::UniqueFd fd_;
};

class Listening {
 public:
  Listening() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof any;
    auto* const address = reinterpret_cast<sockaddr*>(&any);
    EXPECT_EQ(::bind(fd_.get(), address, length), 0);
    EXPECT_EQ(::listen(fd_.get(), 10), 0);
    EXPECT_EQ(::getsockname(fd_.get(), address, &length), 0);
    at_ = base::Endpoint(address, length);
  }

  [[nodiscard]] const base::Endpoint& at() const { return at_; }
  [[nodiscard]] Accepted accept() const {
    pollfd waiting{fd_.get(), POLLIN, 0};
    EXPECT_EQ(::poll(&waiting, 1, kDeadlineMs), 1) << "nobody connects";
    return Accepted(base::UniqueFd(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
  }

 private:
  base::UniqueFd fd_;
  base::Endpoint at_;
};

}  // namespace crawlspool::bench
