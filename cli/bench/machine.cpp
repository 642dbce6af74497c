#include <linux/magic.h>
#include <sched.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include <array>
#include <fstream>
#include <string_view>
#include <utility>

#include "cli/bench/report.h"
#include "daemon/base/text.h"

namespace crawlspool::bench {
namespace {

constexpr std::uint32_t kXfs = 0x58465342;  // not in <linux/magic.h>
constexpr std::uint32_t kZfs = 0x2FC12FC1;

std::string file_system_name(std::uint32_t magic) {
  static constexpr std::array<std::pair<std::uint32_t, const char*>, 8> kNames{{
      {EXT4_SUPER_MAGIC, "ext4"},
      {kXfs, "xfs"},
      {BTRFS_SUPER_MAGIC, "btrfs"},
      {kZfs, "zfs"},
      {F2FS_SUPER_MAGIC, "f2fs"},
      {NFS_SUPER_MAGIC, "nfs"},
      {OVERLAYFS_SUPER_MAGIC, "overlayfs"},
      {TMPFS_MAGIC, "tmpfs"},
  }};
  for (const auto& [number, name] : kNames)
    if (number == magic) return name;
  return magic == RAMFS_MAGIC ? "ramfs" : "file system " + std::to_string(magic);
}

std::string processor_model() {
  std::ifstream info("/proc/cpuinfo");
  std::string line;
  while (std::getline(info, line)) {
    const std::size_t value = line.find(": ");
    if (!line.starts_with("model name") || value == std::string::npos) continue;
    std::string shown;
    base::append_json_escaped(shown, std::string_view(line).substr(value + 2));
    return shown;
  }
  return {};
}

unsigned processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? static_cast<unsigned>(CPU_COUNT(&set)) : 0;
}

}  // namespace

Machine this_machine(const std::string& directory) {
  Machine machine{.processors = processors(), .processor = processor_model(), .kernel = {}, .file_system = {}};
  utsname name{};
  if (::uname(&name) == 0) machine.kernel = std::string(name.sysname) + " " + name.release;
  struct statfs info {};
  if (directory.empty() || ::statfs(directory.c_str(), &info) != 0) return machine;
  const auto magic = static_cast<std::uint32_t>(info.f_type);
  machine.file_system = file_system_name(magic);
  machine.syncs_to_memory = magic == TMPFS_MAGIC || magic == RAMFS_MAGIC;
  return machine;
}

}  // namespace crawlspool::bench
