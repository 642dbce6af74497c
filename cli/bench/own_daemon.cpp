#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/bench/own_process.h"
#include "cli/bench/target.h"

namespace crawlspool::bench {
namespace {

using base::ErrorCode;
using base::Result;

constexpr int kStopMs = 15'000;  // its own drain takes 10 s at most

constexpr const char* kReadyFile = "ready.json";

// A daemon that syncs once a second gives acks that mean "written". The same records come again and again, and so
// compress far better than any crawl's: that is no abuse to be slowed down.
Result<void> write_config(const OwnDaemonOptions& options, const ScratchDirectory& directory, const std::string& path) {
  const std::string connections = std::to_string(options.connections + 64);
  std::ofstream file(path);
  file << "listen:\n"
          "  stream: [\"tcp://127.0.0.1:0\"]\n"
          "  http: [\"tcp://127.0.0.1:0\"]\n"
          "  admin: [\"tcp://127.0.0.1:0\"]\n"
          "limits:\n"
          "  connections_max: "
       << connections << "\n  connections_per_ip_max: " << connections << "\n  amplification_max: 0"
       << "\nspool:\n  directory: " << nlohmann::json(directory.file("spool")).dump()
       << "\n  sync: " << (options.level == AckLevel::kSynced ? "always" : "1s")
       << "\nlog:\n  level: warn\n  destination: stderr\n";
  file.close();
  if (!file) return base::fail_errno("write of " + path, errno);
  return {};
}

Result<std::optional<base::Endpoint>> listener(const nlohmann::json& ready, const char* name) {
  const std::string url = "tcp://" + ready.value(nlohmann::json::json_pointer(std::string("/") + name + "/0"), "");
  return base::Endpoint::parse(url).map([](const base::Endpoint& endpoint) { return std::optional(endpoint); });
}

Result<Addresses> read_ready_file(const std::string& path) {
  std::ifstream file(path);
  const auto ready = nlohmann::json::parse(file, nullptr, false);
  Addresses addresses;
  for (auto [name, address] :
       {std::pair{"stream", &addresses.stream}, {"http", &addresses.http}, {"admin", &addresses.admin}}) {
    const auto found = listener(ready, name);
    if (!found) return base::fail(ErrorCode::kIo, path + " names no " + name + " listener");
    *address = *found;
  }
  return addresses;
}

class OwnDaemon final : public Target {
 public:
  OwnDaemon(ScratchDirectory directory, ChildProcess process)
      : directory_(std::move(directory)), process_(std::move(process)) {}

  [[nodiscard]] Result<void> wait_until_ready();
  [[nodiscard]] const Addresses& addresses() const override { return addresses_; }
  [[nodiscard]] std::optional<pid_t> pid() const override { return process_.pid(); }
  [[nodiscard]] bool is_ours() const override { return true; }
  [[nodiscard]] Result<void> stop() override;

 private:
  ScratchDirectory directory_;  // removed once the process is gone
  ChildProcess process_;
  Addresses addresses_;
};

Result<void> OwnDaemon::wait_until_ready() {
  const std::string ready_file = directory_.file(kReadyFile);
  const auto is_there = [&ready_file] { return ::access(ready_file.c_str(), R_OK) == 0; };
  if (auto listens = process_.wait_until_it_listens(is_there); !listens) return listens;
  CRAWLSPOOL_TRY_AS(addresses_, read_ready_file(ready_file));
  return {};
}

Result<void> OwnDaemon::stop() { return process_.stop(kStopMs); }

}  // namespace

Result<std::unique_ptr<Target>> start_own_daemon(const OwnDaemonOptions& options) {
  CRAWLSPOOL_TRY_AS(auto directory, ScratchDirectory::make(options.parent_directory));
  const std::string config = directory.file("crawlspoold.yaml");
  CRAWLSPOOL_TRY(write_config(options, directory, config));
  CRAWLSPOOL_TRY_AS(auto process,
                    ChildProcess::start({options.program, "-c", config, "--ready-file", directory.file(kReadyFile)},
                                        directory.file("log")));
  auto daemon = std::make_unique<OwnDaemon>(std::move(directory), std::move(process));
  CRAWLSPOOL_TRY(daemon->wait_until_ready());
  return daemon;
}

}  // namespace crawlspool::bench
