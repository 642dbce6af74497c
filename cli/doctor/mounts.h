// Which file system a path lies on, by /proc/self/mountinfo (proc(5)), or, where that does not have it, by statfs(2):
// in a chroot the root need not be a mount's place, and /proc need not be there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace crawlspool::cli {

struct Mount {
  std::string place;    // where it is mounted; empty: not known
  std::string type;     // "ext4"
  std::string options;  // of the mount and of the file system, separated by commas

  [[nodiscard]] bool has_option(std::string_view option) const;
};

// The mount that holds `path`, which is absolute and without links; of several at one place the last.
[[nodiscard]] std::optional<Mount> find_mount(const std::string& mountinfo, const std::string& path);

// The same by asking the file system at `path`; its place is not told then, and of its options only `ro` or `rw`.
[[nodiscard]] std::optional<Mount> ask_mount(const std::string& path);

}  // namespace crawlspool::cli
