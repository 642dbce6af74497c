// Which file system a path lies on: by /proc/self/mountinfo, which libmount reads, or, where that does not have it, by
// statfs(2): in a chroot the root need not be a mount's place, and /proc need not be there.
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

// Returns the mount that holds `path`, which is there, absolute and without links; of several at one place the last.
// `mountinfo` names a file as proc(5) describes it.
[[nodiscard]] std::optional<Mount> find_mount(const std::string& mountinfo, const std::string& path);

// Returns the same by asking the file system at `path`: without its place, and of its options only `ro` or `rw`.
[[nodiscard]] std::optional<Mount> ask_mount(const std::string& path);

}  // namespace crawlspool::cli
