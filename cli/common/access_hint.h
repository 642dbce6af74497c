// Says what someone can do who may not look into a directory: which group to join, or who to be.
#pragma once

#include <string>

#include "daemon/base/error.h"

namespace crawlspool::cli {

// What is known of the directory or file that keeps us out, and of us.
struct Gate {
  std::string owner;
  std::string group;  // empty where it is not one to join
  bool group_may_read = false;
  bool is_member = false;          // this process is one
  bool is_member_by_file = false;  // /etc/group says so, for logins to come
  std::string user;                // who we are
};

// Returns a clause such as "its group is crawlspool: usermod -aG crawlspool USER as root, …".
[[nodiscard]] std::string access_hint(const Gate& gate);
// Returns the hint for `path`, or for the nearest directory above it that can be looked at.
[[nodiscard]] std::string access_hint(const std::string& path);

// Returns `error` with the hint if it says that access was denied at or below `path`, and as it is otherwise.
[[nodiscard]] base::Error with_access_hint(base::Error error, const std::string& path);

}  // namespace crawlspool::cli
