#include <sys/timex.h>

#include <fstream>
#include <map>

#include "cli/common/human.h"
#include "cli/doctor/checks.h"

namespace crawlspool::cli {
namespace {

constexpr std::uint64_t kSomaxconnMin = 1024;

Finding check_somaxconn() {
  std::ifstream file("/proc/sys/net/core/somaxconn");
  std::uint64_t value = 0;
  if (!(file >> value)) return note("somaxconn", "net.core.somaxconn cannot be read", "look at it on the host");
  return judge_somaxconn(value);
}

Finding check_clock() {
  timex clock{};
  const int state = ::adjtimex(&clock);  // with no mode set it only reads
  if (state == -1) return note("clock", "whether it is synchronised cannot be read", "look at timedatectl on the host");
  if (state == TIME_ERROR || (clock.status & STA_UNSYNC) != 0)
    return note("clock", "not synchronised: lines' ts, --since and retention by age follow it",
                "run chrony or systemd-timesyncd; timedatectl shows it");
  return ok("clock", "synchronised");
}

// Returns the values of /proc/meminfo in bytes.
std::map<std::string, std::uint64_t> read_meminfo() {
  std::map<std::string, std::uint64_t> values;
  std::ifstream file("/proc/meminfo");
  std::string name;
  std::string rest;
  for (std::uint64_t kib = 0; file >> name >> kib && std::getline(file, rest);) values[name] = kib * 1024;
  return values;
}

Finding check_memory(const config::Limits& limits) {
  const auto meminfo = read_meminfo();
  const auto total = meminfo.find("MemTotal:");
  const auto available = meminfo.find("MemAvailable:");
  if (total == meminfo.end() || available == meminfo.end())
    return note("memory", "/proc/meminfo cannot be read", "look at the machine's memory yourself");
  return judge_memory(total->second, available->second, limits);
}

}  // namespace

Finding judge_somaxconn(std::uint64_t somaxconn) {
  const std::string detail = "net.core.somaxconn is " + std::to_string(somaxconn);
  if (somaxconn >= kSomaxconnMin) return ok("somaxconn", detail);
  return note("somaxconn", detail + ": when many clients come at once, some wait for seconds",
              "sysctl -w net.core.somaxconn=4096, and restart the daemon");
}

Finding judge_memory(std::uint64_t total_bytes, std::uint64_t available_bytes, const config::Limits& limits) {
  const std::string wanted = "limits.memory_bytes_max is " + human_bytes(limits.memory_bytes_max);
  const std::string detail = human_bytes(available_bytes) + " of " + human_bytes(total_bytes) + " free; " + wanted;
  if (limits.memory_bytes_max > total_bytes)
    return trouble("memory", detail + ", more than there is", "lower limits.memory_bytes_max, or add memory");
  if (limits.memory_bytes_max > available_bytes)
    return note("memory", detail + ", more than is free now", "lower limits.memory_bytes_max, or see what else runs");
  return ok("memory", detail);
}

Findings check_machine(const config::Config& config) {
  return {check_somaxconn(), check_clock(), check_memory(config.limits)};
}

}  // namespace crawlspool::cli
