// What someone can do who may not look into a directory: which group to join, or whom to be.
#pragma once

#include <string>

#include "daemon/base/error.h"

namespace crawlspool::cli {

// What is known of the directory, or file, that keeps us out, and of us.
struct Gate {
  std::string owner;
  std::string group;  // empty: not one to join
  bool group_may_read = false;
  bool is_member = false;          // this process is
  bool is_member_by_file = false;  // /etc/group says so, for logins to come
  std::string user;                // who we are
};

// A clause such as "its group is crawlspool: usermod -aG crawlspool USER as root, …".
[[nodiscard]] std::string access_hint(const Gate& gate);
// Of `path`, or of the nearest directory above that can be looked at.
[[nodiscard]] std::string access_hint(const std::string& path);

// `error` as it is, or, where it is that access was denied to what is at or below `path`, with the hint.
[[nodiscard]] base::Error with_access_hint(base::Error error, const std::string& path);

}  // namespace crawlspool::cli
