// Which file system a path lies on, by /proc/self/mountinfo (proc(5)).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace crawlspool::cli {

struct Mount {
  std::string place;    // where it is mounted
  std::string type;     // "ext4"
  std::string options;  // of the mount and of the file system, separated by commas

  [[nodiscard]] bool has_option(std::string_view option) const;
};

// The mount that holds `path`, which is absolute and without links; of several at one place the last.
[[nodiscard]] std::optional<Mount> find_mount(const std::string& mountinfo, const std::string& path);

}  // namespace crawlspool::cli
