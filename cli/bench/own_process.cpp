#include "cli/bench/own_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <utility>

#include "daemon/base/clock.h"
#include "daemon/base/text.h"
#include "daemon/base/unique_fd.h"

namespace crawlspool::bench {
namespace {

using base::ErrorCode;
using base::Result;

constexpr useconds_t kLookAgainUs = 2000;
constexpr std::int64_t kStartUsMax = 20'000'000;
constexpr std::size_t kLineBytesMax = 500;
constexpr int kNotFound = 127;

// Runs in the child. Gives it a group of its own, as the terminal's Ctrl-C is ours to handle.
[[noreturn]] void become(char* const* argv, int output, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(kNotFound);  // it died before that was asked for
  const int input = ::open("/dev/null", O_RDONLY);
  if (::dup2(input, STDIN_FILENO) < 0 || ::dup2(output, STDOUT_FILENO) < 0 || ::dup2(output, STDERR_FILENO) < 0)
    ::_exit(kNotFound);
  std::signal(SIGPIPE, SIG_DFL);
  ::execvp(argv[0], argv);
  ::_exit(kNotFound);
}

std::string last_line(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  std::string last;
  while (std::getline(in, line))
    if (!line.empty()) last = line;
  std::string shown;
  base::append_json_escaped(shown, base::clip(last, kLineBytesMax));
  return shown;
}

std::string describe_end(int status) {
  if (WIFSIGNALED(status)) return "was killed by signal " + std::to_string(WTERMSIG(status));
  if (WEXITSTATUS(status) == kNotFound) return "cannot be run";
  return "ended with " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

base::Result<ScratchDirectory> ScratchDirectory::make(const std::string& parent) {
  std::string path = parent + "/crawlspool-bench-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) return base::fail_errno("cannot make a directory in " + parent, errno);
  return ScratchDirectory(path);
}

ScratchDirectory::ScratchDirectory(ScratchDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}

ScratchDirectory::~ScratchDirectory() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& argv, const std::string& output_file) {
  const base::UniqueFd output(::open(output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!output.valid()) return base::fail_errno("open of " + output_file, errno);
  std::vector<char*> pointers;
  pointers.reserve(argv.size() + 1);
  for (const std::string& argument : argv) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return base::fail_errno("fork", errno);
  if (pid == 0) become(pointers.data(), output.get(), parent);
  return ChildProcess(pid, argv.front(), output_file);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      wait_status_(other.wait_status_),
      name_(std::move(other.name_)),
      output_file_(std::move(other.output_file_)) {}

ChildProcess::~ChildProcess() {
  if (!is_running()) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
}

bool ChildProcess::is_running() {
  if (pid_ > 0 && ::waitpid(pid_, &wait_status_, WNOHANG) == pid_) pid_ = -1;
  return pid_ > 0;
}

Result<void> ChildProcess::wait_until_it_listens(const std::function<bool()>& listens) {
  const base::SystemClock clock;
  const std::int64_t deadline = clock.monotonic_us() + kStartUsMax;
  while (!listens()) {
    if (!is_running() || clock.monotonic_us() > deadline) return failure("does not listen");
    ::usleep(kLookAgainUs);
  }
  return {};
}

Result<void> ChildProcess::stop(int patience_ms) {
  if (is_running()) ::kill(pid_, SIGTERM);
  return wait(patience_ms);
}

Result<void> ChildProcess::wait(int patience_ms) {
  const base::SystemClock clock;
  const std::int64_t deadline = clock.monotonic_us() + std::int64_t{patience_ms} * 1000;
  while (is_running()) {
    if (clock.monotonic_us() > deadline) return failure("does not end");
    ::usleep(kLookAgainUs);
  }
  if (WIFEXITED(wait_status_) && WEXITSTATUS(wait_status_) == 0) return {};
  return failure({});
}

tl::unexpected<base::Error> ChildProcess::failure(const std::string& what_if_running) const {
  std::string text = name_ + " " + (pid_ > 0 ? what_if_running : describe_end(wait_status_));
  const std::string line = last_line(output_file_);
  if (!line.empty()) text += ": " + line;
  return base::fail(ErrorCode::kIo, text);
}

Result<double> process_cpu_seconds(pid_t pid) {
  clockid_t clock = 0;
  const int error = ::clock_getcpuclockid(pid, &clock);
  if (error != 0) return base::fail_errno("CPU clock of process " + std::to_string(pid), error);
  timespec used{};
  if (::clock_gettime(clock, &used) != 0) return base::fail_errno("CPU clock of process " + std::to_string(pid), errno);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

}  // namespace crawlspool::bench
