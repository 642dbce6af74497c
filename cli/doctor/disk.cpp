#include <libmount.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>

#include "cli/common/human.h"
#include "cli/doctor/checks.h"

namespace crawlspool::cli {
namespace {

constexpr std::uint64_t kFreeFilesMin = 1000;

template <std::size_t N>
bool is_one_of(const std::string& word, const std::array<const char*, N>& words) {
  return std::any_of(words.begin(), words.end(), [&word](const char* one) { return word == one; });
}

using Table = std::unique_ptr<libmnt_table, decltype(&::mnt_unref_table)>;

std::string text_of(const char* text) { return text == nullptr ? "" : text; }

// Translates the kernel's numbers (statfs(2)) into the names that mountinfo gives.
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

std::string nearest_that_is_there(const std::string& directory) {
  std::error_code error;
  auto path = std::filesystem::absolute(directory, error);
  while (!std::filesystem::exists(path, error) && path.has_relative_path()) path = path.parent_path();
  return path.string();
}

Findings check_mount(const std::string& directory) {
  std::error_code error;
  const auto path = std::filesystem::canonical(directory, error);
  auto mount = error ? std::nullopt : find_mount("/proc/self/mountinfo", path.string());
  if (!mount) mount = ask_mount(directory);
  if (!mount) return {note("file system", "is not known for " + directory, "look at it with findmnt -T " + directory)};
  return {judge_file_system(*mount), judge_mount_options(*mount)};
}

Finding check_free_files(const struct statvfs& info) {
  const std::string detail = std::to_string(info.f_favail) + " files can be made";
  // Some file systems have no such limit and say 0 of 0.
  if (info.f_files == 0 || info.f_favail >= kFreeFilesMin) return ok("inodes", info.f_files == 0 ? "no limit" : detail);
  return trouble("inodes", detail, "remove small files from this file system: df -i, du --inodes");
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

Finding judge_file_system(const Mount& mount) {
  static constexpr std::array kTested{"ext4", "xfs"};
  static constexpr std::array kInMemory{"tmpfs", "ramfs"};
  static constexpr std::array kLayers{"overlay", "aufs"};
  static constexpr std::array kForeign{"vfat", "exfat", "msdos", "ntfs", "ntfs3", "fuseblk"};
  static constexpr std::array kRemote{"nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "virtiofs"};
  const std::string detail = mount.type + (mount.place.empty() ? "" : ", mounted at " + mount.place);
  const auto bad = [&](const std::string& why, const std::string& remedy) {
    return trouble("file system", detail + ": " + why, remedy);
  };
  if (is_one_of(mount.type, kTested)) return ok("file system", detail);
  if (is_one_of(mount.type, kInMemory))
    return bad("what is acked is gone with the machine's next start", "put spool.directory on a disk");
  if (is_one_of(mount.type, kLayers))
    return bad("a container's own layer goes with the container", "mount a volume at spool.directory");
  if (is_one_of(mount.type, kForeign))
    return bad("no file modes, and syncs are worth little", "put spool.directory on ext4 or xfs");
  if (is_one_of(mount.type, kRemote) || mount.type.starts_with("fuse."))
    return bad("locks and syncs are worth what its server makes of them", "put spool.directory on a local disk");
  return note("file system", detail + ": the power-cut tests run on ext4 and xfs only", "prefer one of those");
}

Finding judge_mount_options(const Mount& mount) {
  if (mount.has_option("ro"))
    return trouble("mount options", "read-only: " + mount.options,
                   "look in the kernel's log (dmesg) for the disk's errors, then mount it read-write");
  for (const char* option : {"nobarrier", "barrier=0"})
    if (mount.has_option(option))
      return trouble("mount options", std::string(option) + ": a power cut can take what was acked",
                     "mount it without " + std::string(option));
  return ok("mount options", mount.options);
}

Finding judge_free_space(std::uint64_t free_bytes, const config::Spool& config) {
  const std::string detail =
      human_bytes(free_bytes) + " free; spool.keep_free_bytes is " + human_bytes(config.keep_free_bytes);
  const std::string remedy =
      "free some space, move the spool, or let retention_bytes_max or retention_age_max remove "
      "old segments; clients wait meanwhile, and nothing acked is lost";
  if (free_bytes <= config.keep_free_bytes) return trouble("free space", detail + ": the disk counts as full", remedy);
  if (free_bytes - config.keep_free_bytes < 2 * config.segment_bytes_max)
    return note("free space", detail + ": not two more segments fit", remedy);
  return ok("free space", detail);
}

Findings check_disk(const std::string& spool_directory, const config::Spool& config) {
  const std::string directory = nearest_that_is_there(spool_directory);
  Findings findings = check_mount(directory);
  struct statvfs info {};
  if (::statvfs(directory.c_str(), &info) != 0) {
    findings.push_back(trouble("free space", directory + ": " + std::strerror(errno), "see that it can be reached"));
    return findings;
  }
  findings.push_back(judge_free_space(std::uint64_t{info.f_bavail} * info.f_frsize, config));
  findings.push_back(check_free_files(info));
  return findings;
}

}  // namespace crawlspool::cli
