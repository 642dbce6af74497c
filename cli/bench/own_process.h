// Owns what a server of our own needs: a process, and a directory for what it writes. Both end with their owner.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "daemon/base/error.h"

namespace crawlspool::bench {

// Owns a directory, which is removed with all that is in it.
class ScratchDirectory {
 public:
  [[nodiscard]] static base::Result<ScratchDirectory> make(const std::string& parent);
  ScratchDirectory(ScratchDirectory&& other) noexcept;
  ScratchDirectory& operator=(ScratchDirectory&&) = delete;
  ~ScratchDirectory();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  explicit ScratchDirectory(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

// Owns a program that is started for a measurement, and ends it by its process id: at the latest when this object goes,
// or when this process dies. Its output goes to a file.
class ChildProcess {
 public:
  // `argv[0]` is the program's path, or its name to be looked for in PATH.
  [[nodiscard]] static base::Result<ChildProcess> start(const std::vector<std::string>& argv,
                                                        const std::string& output_file);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();  // kills it

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool is_running();
  // Asks `listens` again and again until it does. Fails if the program ends meanwhile or takes longer than 20 s.
  [[nodiscard]] base::Result<void> wait_until_it_listens(const std::function<bool()>& listens);
  // Waits for its end for at most `patience_ms`. Fails unless it ends with 0.
  [[nodiscard]] base::Result<void> wait(int patience_ms);
  // Sends SIGTERM, and waits.
  [[nodiscard]] base::Result<void> stop(int patience_ms);
  // Returns "NAME does not listen: LAST LINE OF ITS OUTPUT", or how it ended instead.
  [[nodiscard]] tl::unexpected<base::Error> failure(const std::string& what_if_running) const;

 private:
  ChildProcess(pid_t pid, std::string name, std::string output_file)
      : pid_(pid), name_(std::move(name)), output_file_(std::move(output_file)) {}

  pid_t pid_ = -1;  // -1 once it is gone
  int wait_status_ = 0;
  std::string name_;
  std::string output_file_;
};

// Returns the processor time that a process has used so far, all its threads together.
[[nodiscard]] base::Result<double> process_cpu_seconds(pid_t pid);

}  // namespace crawlspool::bench
