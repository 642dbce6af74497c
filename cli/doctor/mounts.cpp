#include "cli/doctor/mounts.h"

#include <libmount.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include <array>
#include <cstdio>
#include <map>
#include <memory>

namespace crawlspool::cli {
namespace {

using Table = std::unique_ptr<libmnt_table, decltype(&::mnt_unref_table)>;

std::string text_of(const char* text) { return text == nullptr ? "" : text; }

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
  const Table table(::mnt_new_table_from_file(mountinfo.c_str()), &::mnt_unref_table);
  if (!table) return std::nullopt;
  libmnt_fs* const found = ::mnt_table_find_mountpoint(table.get(), path.c_str(), MNT_ITER_BACKWARD);
  if (found == nullptr) return std::nullopt;
  return Mount{text_of(::mnt_fs_get_target(found)), text_of(::mnt_fs_get_fstype(found)),
               text_of(::mnt_fs_get_options(found))};
}

}  // namespace crawlspool::cli
