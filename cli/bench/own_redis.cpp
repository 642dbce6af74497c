#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <fstream>

#include "cli/bench/own_process.h"
#include "cli/bench/target.h"
#include "daemon/base/unique_fd.h"

namespace crawlspool::bench {
namespace {

using base::ErrorCode;
using base::Result;

constexpr const char* kProgram = "redis-server";
constexpr int kStopMs = 15'000;

// Returns a port that is free now, as redis-server cannot choose one by itself.
Result<base::Endpoint> free_port() {
  const base::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return base::fail_errno("socket", errno);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof any;
  auto* const address = reinterpret_cast<sockaddr*>(&any);
  if (::bind(fd.get(), address, length) != 0 || ::getsockname(fd.get(), address, &length) != 0)
    return base::fail_errno("cannot find a free port", errno);
  return base::Endpoint(address, length);
}

bool answers(const base::Endpoint& at) {
  const base::UniqueFd fd(::socket(at.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  return fd.valid() && ::connect(fd.get(), at.address(), at.length()) == 0;
}

class OwnRedis final : public Target {
 public:
  OwnRedis(ScratchDirectory directory, ChildProcess process, base::Endpoint at)
      : directory_(std::move(directory)), process_(std::move(process)) {
    addresses_.redis = at;
  }

  [[nodiscard]] Result<void> wait_until_it_listens() {
    return process_.wait_until_it_listens([this] { return answers(*addresses_.redis); });
  }
  [[nodiscard]] const Addresses& addresses() const override { return addresses_; }
  [[nodiscard]] std::optional<pid_t> pid() const override { return process_.pid(); }
  [[nodiscard]] bool is_ours() const override { return true; }
  [[nodiscard]] Result<void> stop() override { return process_.stop(kStopMs); }

 private:
  ScratchDirectory directory_;  // removed once the process is gone
  ChildProcess process_;
  Addresses addresses_;
};

}  // namespace

// It says "Redis server v=7.0.15 sha=…".
Result<std::string> find_redis_version(const std::string& parent_directory) {
  CRAWLSPOOL_TRY_AS(const auto directory, ScratchDirectory::make(parent_directory));
  const std::string output = directory.file("version");
  CRAWLSPOOL_TRY_AS(auto process, ChildProcess::start({kProgram, "--version"}, output));
  if (!process.wait(kStopMs))
    return base::fail(ErrorCode::kNotFound, "redis-server is not installed; on Debian: apt-get install redis-server");
  std::ifstream file(output);
  std::string word;
  while (file >> word)
    if (word.starts_with("v=")) return "redis-server " + word.substr(2);
  return std::string(kProgram);
}

Result<std::unique_ptr<Target>> start_own_redis(const std::string& parent_directory, AckLevel level) {
  CRAWLSPOOL_TRY_AS(auto directory, ScratchDirectory::make(parent_directory));
  const auto at = free_port();
  if (!at) return tl::unexpected(at.error());
  const std::string address = at->to_string();
  CRAWLSPOOL_TRY_AS(
      auto process,
      ChildProcess::start(
          {kProgram, "--bind", "127.0.0.1", "--port", address.substr(address.rfind(':') + 1), "--dir", directory.path(),
           "--save", "", "--appendonly", "yes", "--appendfsync", level == AckLevel::kSynced ? "always" : "everysec"},
          directory.file("log")));
  auto redis = std::make_unique<OwnRedis>(std::move(directory), std::move(process), *at);
  CRAWLSPOOL_TRY(redis->wait_until_it_listens());
  return redis;
}

}  // namespace crawlspool::bench
