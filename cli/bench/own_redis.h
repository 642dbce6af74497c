// A redis-server of our own on a loopback port, with an empty append-only file in a directory that goes with it.
#pragma once

#include "cli/bench/child_process.h"
#include "cli/bench/scratch_directory.h"
#include "cli/bench/target.h"

namespace crawlspool::bench {

class OwnRedis final : public Target {
 public:
  // Whether it is installed, and as which version: "redis-server 7.0.15".
  [[nodiscard]] static base::Result<std::string> find_version(const std::string& parent_directory);

  // It listens when this returns. `level`: it syncs always, or once a second.
  [[nodiscard]] static base::Result<std::unique_ptr<Target>> start(const std::string& parent_directory, AckLevel level);

  [[nodiscard]] const Addresses& addresses() const override { return addresses_; }
  [[nodiscard]] std::optional<pid_t> pid() const override { return process_.pid(); }
  [[nodiscard]] bool is_ours() const override { return true; }
  [[nodiscard]] base::Result<void> stop() override;

 private:
  OwnRedis(ScratchDirectory directory, ChildProcess process, base::Endpoint at);

  ScratchDirectory directory_;  // removed once the process is gone
  ChildProcess process_;
  Addresses addresses_;
};

}  // namespace crawlspool::bench
