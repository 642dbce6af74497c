#include "cli/common/access_hint.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <vector>

namespace crawlspool::cli {
namespace {

std::string user_name(uid_t user) {
  const passwd* const entry = ::getpwuid(user);
  return entry != nullptr ? entry->pw_name : "#" + std::to_string(user);
}

bool is_member(gid_t group) {
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  groups.resize(static_cast<std::size_t>(std::max(count, 0)));
  return group == ::getegid() || std::find(groups.begin(), groups.end(), group) != groups.end();
}

Gate gate_of(const struct stat& info) {
  Gate gate;
  gate.owner = user_name(info.st_uid);
  gate.user = user_name(::geteuid());
  gate.group_may_read = (info.st_mode & S_IRGRP) != 0;
  gate.is_member = is_member(info.st_gid);
  const group* const entry = info.st_gid == 0 ? nullptr : ::getgrgid(info.st_gid);  // nobody is to join root's
  if (entry == nullptr) return gate;
  gate.group = entry->gr_name;
  for (char** member = entry->gr_mem; *member != nullptr; ++member)
    gate.is_member_by_file = gate.is_member_by_file || *member == gate.user;
  return gate;
}

}  // namespace

std::string access_hint(const Gate& gate) {
  const std::string whom = gate.owner == "root" ? "root" : "root or " + gate.owner;
  if (gate.group.empty() || !gate.group_may_read || gate.is_member)
    return "it belongs to " + gate.owner + ": run this as " + whom;
  if (gate.is_member_by_file)
    return gate.user + " has been added to its group, " + gate.group + ", after this login: log in again";
  return "its group, " + gate.group + ", may read it: as root, usermod -aG " + gate.group + " " + gate.user +
         ", and log in again; or run this as " + whom;
}

std::string access_hint(const std::string& path) {
  std::error_code ignored;
  auto nearest = std::filesystem::absolute(path, ignored);
  struct stat info {};
  while (::stat(nearest.c_str(), &info) != 0) {
    if (!nearest.has_relative_path()) return "run this as root";
    nearest = nearest.parent_path();
  }
  return access_hint(gate_of(info));
}

base::Error with_access_hint(base::Error error, const std::string& path) {
  if (error.errno_value != EACCES) return error;
  error.context = error.message() + "; " + access_hint(path);
  error.errno_value = 0;
  return error;
}

}  // namespace crawlspool::cli
