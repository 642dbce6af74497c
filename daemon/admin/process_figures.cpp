#include "daemon/admin/process_figures.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "daemon/base/unique_fd.h"

namespace crawlspool::admin {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double wall_seconds(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Reads the 22nd field of stat, counted in ticks from the machine's start; the second holds the name, which may hold
// anything.
double start_time_seconds() {
  std::ifstream file("/proc/self/stat");
  const std::string stat{std::istreambuf_iterator<char>(file), {}};
  std::istringstream fields(stat.substr(std::min(stat.size(), stat.rfind(')') + 1)));
  std::string skipped;
  for (int field = 3; field < 22; ++field) fields >> skipped;
  double ticks = 0;
  fields >> ticks;
  const double since_boot = ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return wall_seconds(CLOCK_REALTIME) - wall_seconds(CLOCK_BOOTTIME) + since_boot;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif
#else
constexpr bool kIsSanitized = false;
#endif

// The second figure of statm is the resident set, in pages.
std::uint64_t resident_bytes() {
  static const base::UniqueFd file(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  std::array<char, 128> text{};
  const ssize_t n = file.valid() ? ::pread(file.get(), text.data(), text.size(), 0) : 0;
  const char* const end = text.data() + std::max<ssize_t>(0, n);
  const char* const second = std::find(static_cast<const char*>(text.data()), end, ' ');
  std::uint64_t pages = 0;
  if (second != end) std::from_chars(second + 1, end, pages);
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

std::uint64_t own_resident_bytes() { return kIsSanitized ? 0 : resident_bytes(); }

ProcessFigures process_figures() {
  ProcessFigures figures;
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) figures.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) figures.files_max = files.rlim_cur;
  static const double started = start_time_seconds();  // once: it would tremble with the clock
  figures.start_time_seconds = started;
  figures.memory_bytes = resident_bytes();
  return figures;
}

}  // namespace crawlspool::admin
