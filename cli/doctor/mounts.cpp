#include "cli/doctor/mounts.h"

#include <sys/statfs.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>
#include <map>
#include <sstream>
#include <vector>

namespace crawlspool::cli {
namespace {

// Spaces and their like are written \040.
std::string unescaped(const std::string& text) {
  constexpr std::string_view kOctal = "01234567";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '\\' && i + 3 < text.size() && text.find_first_not_of(kOctal, i + 1) > i + 3;
    out += is_escape ? static_cast<char>(std::stoi(text.substr(i + 1, 3), nullptr, 8)) : text[i];
    if (is_escape) i += 3;
  }
  return out;
}

bool holds(const std::string& place, const std::string& path) {
  if (place == "/") return true;
  return path.starts_with(place) && (path.size() == place.size() || path[place.size()] == '/');
}

// id parent major:minor root PLACE OPTIONS [optional…] - TYPE source SUPER-OPTIONS
std::optional<Mount> parse(const std::string& line) {
  std::istringstream words(line);
  const std::vector<std::string> fields{std::istream_iterator<std::string>(words), {}};
  const auto dash = std::find(fields.begin(), fields.end(), "-");
  if (dash - fields.begin() < 6 || fields.end() - dash < 4) return std::nullopt;
  return Mount{unescaped(fields[4]), dash[1], fields[5] + "," + dash[3]};
}

// The kernel's numbers (statfs(2)), by the names that mountinfo gives.
std::string type_name(unsigned long magic) {
  static const std::map<unsigned long, const char*> names{
      {0xEF53, "ext4"},      {0x58465342, "xfs"},     {0x9123683E, "btrfs"},   {0x01021994, "tmpfs"},
      {0x858458F6, "ramfs"}, {0x794C7630, "overlay"}, {0x61756673, "aufs"},    {0x4D44, "vfat"},
      {0x2011BAB0, "exfat"}, {0x5346544E, "ntfs"},    {0x6969, "nfs"},         {0xFF534D42, "cifs"},
      {0xFE534D42, "smb3"},  {0x01021997, "9p"},      {0x00C36400, "ceph"},    {0x65735546, "fuseblk"},
      {0x2FC12FC1, "zfs"},   {0xF2F52010, "f2fs"},    {0xCA451A4E, "bcachefs"}};
  const auto found = names.find(magic);
  if (found != names.end()) return found->second;
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "type 0x%lx", magic);
  return text.data();
}

}  // namespace

std::optional<Mount> ask_mount(const std::string& path) {
  struct statfs info {};
  if (::statfs(path.c_str(), &info) != 0) return std::nullopt;
  const auto magic = static_cast<unsigned long>(info.f_type) & 0xFFFFFFFFUL;
  return Mount{"", type_name(magic), (static_cast<unsigned long>(info.f_flags) & ST_RDONLY) != 0 ? "ro" : "rw"};
}

bool Mount::has_option(std::string_view option) const {
  return ("," + options + ",").find("," + std::string(option) + ",") != std::string::npos;
}

std::optional<Mount> find_mount(const std::string& mountinfo, const std::string& path) {
  std::optional<Mount> found;
  std::istringstream lines(mountinfo);
  for (std::string line; std::getline(lines, line);) {
    auto mount = parse(line);
    if (mount && holds(mount->place, path) && (!found || mount->place.size() >= found->place.size()))
      found = std::move(mount);
  }
  return found;
}

}  // namespace crawlspool::cli
