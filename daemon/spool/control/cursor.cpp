#include "daemon/spool/control/cursor.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <optional>

#include "daemon/spool/lines/line.h"
#include "daemon/spool/storage/posix_calls.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using base::fail;
using base::fail_errno;
using base::Result;
using base::UniqueFd;

constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kFileBytesMax = 4096;
constexpr std::string_view kSuffix = ".json";

std::string file_of(const std::string& name) { return name + std::string(kSuffix); }

std::string render(const Cursor& cursor) {
  std::array<char, 9> crc{};
  std::snprintf(crc.data(), crc.size(), "%08x", cursor.last_line_crc);
  std::string line = "{\"spool\":\"" + cursor.spool_id + "\",\"position\":" + std::to_string(cursor.position) +
                     ",\"line_bytes\":" + std::to_string(cursor.last_line_bytes) + ",\"line_crc32\":\"" + crc.data() +
                     "\"";
  append_crc_trailer(line, 0);
  return line;
}

std::optional<Cursor> parse(std::string_view line) {
  if (!has_sound_trailer(line)) return std::nullopt;
  const auto spool_id = envelope_member(line, "spool");
  const auto position = envelope_number(line, "position");
  const auto line_bytes = envelope_number(line, "line_bytes");
  const auto crc_digits = envelope_member(line, "line_crc32");
  if (!spool_id || !position || !line_bytes || !crc_digits || *line_bytes > *position) return std::nullopt;
  std::uint32_t crc = 0;
  const auto [end, error] = std::from_chars(crc_digits->data(), crc_digits->data() + crc_digits->size(), crc, 16);
  if (error != std::errc{} || end != crc_digits->data() + crc_digits->size()) return std::nullopt;
  return Cursor{std::string(*spool_id), *position, *line_bytes, crc};
}

Result<Cursor> read_from(Directory& cursors, const std::string& name) {
  return read_small_file(cursors, file_of(name), kFileBytesMax)
      .and_then([&](const std::string& text) -> Result<Cursor> {
        if (auto cursor = parse(text)) return *cursor;
        return fail(ErrorCode::kDamaged, cursors.path() + "/" + file_of(name) + ": checksum mismatch");
      });
}

// For those who only look: opening a directory would make it where it is missing.
Result<std::unique_ptr<Directory>> open_existing(Directory& spool) {
  CRAWLSPOOL_TRY_AS(const auto entries, spool.list());
  const bool is_there =
      std::any_of(entries.begin(), entries.end(), [](const auto& entry) { return entry.name == kCursorsName; });
  if (!is_there) return fail(ErrorCode::kNotFound, spool.path() + " has no " + std::string(kCursorsName) + "/");
  return spool.open_directory(std::string(kCursorsName), Access::kGroup);
}

constexpr mode_t kLockMode = 0660;  // each member of the spool's group may be the next reader
constexpr const char* kLockSuffix = ".lock";

std::string lock_path(const Directory& spool, const std::string& name) {
  return spool.path() + "/" + std::string(kCursorsName) + "/" + name + kLockSuffix;
}

Result<UniqueFd> open_lock_file(const std::string& path, int flags) {
  UniqueFd fd(retry_interrupted(
      [&] { return ::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | flags, kLockMode); }));
  if (!fd.valid()) return fail_errno("open of " + path, errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return fail_errno("fstat of " + path, errno);
  if (!S_ISREG(info.st_mode)) return fail(ErrorCode::kPermission, path + " is no regular file");
  if (info.st_uid == ::geteuid()) static_cast<void>(::fchmod(fd.get(), kLockMode));  // whatever the umask has taken
  return fd;
}

// A lock belongs to a file and not to its name: false if the file that was locked has been removed meanwhile.
bool has_the_name(int fd, const std::string& path) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(fd, &opened) == 0 && ::lstat(path.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

}  // namespace

bool is_cursor_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string_view::npos;
}

std::string cursor_file_name(const std::string& name) { return std::string(kCursorsName) + "/" + file_of(name); }

Result<Cursor> read_cursor(Directory& spool, const std::string& name) {
  CRAWLSPOOL_TRY_AS(const auto cursors, open_existing(spool));
  return read_from(*cursors, name);
}

Result<void> store_cursor(Directory& spool, const std::string& name, const Cursor& cursor) {
  CRAWLSPOOL_TRY_AS(auto cursors, spool.open_directory(std::string(kCursorsName), Access::kGroup));
  return replace_file(*cursors, file_of(name), render(cursor));
}

Result<void> remove_cursor(Directory& spool, const std::string& name) {
  CRAWLSPOOL_TRY_AS(const auto cursors, open_existing(spool));
  return cursors->remove(file_of(name)).and_then([&] { return cursors->sync(); });
}

Result<std::vector<NamedCursor>> list_cursors(Directory& spool) {
  const auto cursors = open_existing(spool);
  if (!cursors && cursors.error().code == ErrorCode::kNotFound) return std::vector<NamedCursor>{};
  if (!cursors) return tl::unexpected(cursors.error());
  CRAWLSPOOL_TRY_AS(const auto entries, (*cursors)->list());
  std::vector<NamedCursor> all;
  for (const DirectoryEntry& entry : entries) {
    const std::string_view file = entry.name;
    if (!file.ends_with(kSuffix)) continue;
    const std::string name(file.substr(0, file.size() - kSuffix.size()));
    if (is_cursor_name(name)) all.push_back({name, read_from(**cursors, name)});
  }
  return all;
}

Result<CursorLock> CursorLock::take(Directory& spool, const std::string& name, const std::string& holder) {
  CRAWLSPOOL_TRY(spool.open_directory(std::string(kCursorsName), Access::kGroup));
  const std::string path = lock_path(spool, name);
  while (true) {
    CRAWLSPOOL_TRY_AS(auto fd, open_lock_file(path, O_CREAT));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return fail_errno("lock of " + path, errno);
      return fail(ErrorCode::kLocked, "cursor " + name + " is in use by " + lock_holder(fd.get()) +
                                          ": one reader at a time; another name is another cursor");
    }
    if (!has_the_name(fd.get(), path)) continue;
    const std::string words = holder + "\n";
    if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), words.data(), words.size(), 0) < 0)
      return fail_errno("write to " + path, errno);
    return CursorLock(std::move(fd));
  }
}

void CursorLock::remove_if_free(Directory& spool, const std::string& name) {
  const std::string path = lock_path(spool, name);
  const auto fd = open_lock_file(path, 0);
  if (!fd || ::flock(fd->get(), LOCK_EX | LOCK_NB) != 0 || !has_the_name(fd->get(), path)) return;
  static_cast<void>(::unlink(path.c_str()));
}

}  // namespace crawlspool::spool
