// A crawlspoold of our own on loopback ports, with an empty spool in a directory that goes with it.
#pragma once

#include "cli/bench/child_process.h"
#include "cli/bench/scratch_directory.h"
#include "cli/bench/target.h"

namespace crawlspool::bench {

class OwnDaemon final : public Target {
 public:
  struct Options {
    std::string program;           // crawlspoold's path
    std::string parent_directory;  // of the spool's
    std::size_t connections = 1;   // it must take at a time
    AckLevel level = AckLevel::kSynced;
  };
  // It listens when this returns.
  [[nodiscard]] static base::Result<std::unique_ptr<Target>> start(const Options& options);

  [[nodiscard]] const Addresses& addresses() const override { return addresses_; }
  [[nodiscard]] std::optional<pid_t> pid() const override { return process_.pid(); }
  [[nodiscard]] bool is_ours() const override { return true; }
  [[nodiscard]] base::Result<void> stop() override;

 private:
  OwnDaemon(ScratchDirectory directory, ChildProcess process)
      : directory_(std::move(directory)), process_(std::move(process)) {}
  [[nodiscard]] base::Result<void> wait_until_ready();

  ScratchDirectory directory_;  // removed once the process is gone
  ChildProcess process_;
  Addresses addresses_;
};

}  // namespace crawlspool::bench
