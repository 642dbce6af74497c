#include "cli/common/spool_access.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>

#include "cli/common/access_hint.h"
#include "daemon/spool/control/cursor.h"
#include "daemon/spool/control/durable_mark.h"
#include "daemon/spool/control/lock_and_identity.h"
#include "daemon/spool/read/position_search.h"
#include "daemon/spool/read/segment_reader.h"
#include "daemon/spool/storage/posix_file_system.h"

namespace crawlspool::cli {

using base::ErrorCode;
using base::Result;

namespace {

Result<std::unique_ptr<spool::Directory>> open_directory(const std::string& path) {
  auto directory = spool::open_posix_directory(path, spool::IfMissing::kFail);
  if (!directory) return tl::unexpected(with_access_hint(directory.error(), path));
  return directory;
}

}  // namespace

Result<std::unique_ptr<spool::Directory>> open_spool(const std::string& path) {
  auto directory = open_directory(path);
  if (!directory) return directory;
  const auto id = spool::read_spool_id(**directory);
  if (!id && id.error().code == ErrorCode::kNotFound)
    return base::fail(ErrorCode::kNotFound, path + " is no spool: there is no spool.json in it");
  if (!id) return tl::unexpected(with_access_hint(id.error(), path + "/" + std::string(spool::kIdentityName)));
  return directory;
}

Result<std::unique_ptr<spool::Directory>> open_damaged_spool(const std::string& path) {
  auto directory = open_directory(path);
  if (!directory) return directory;
  const auto id = spool::read_spool_id(**directory);
  if (id || id.error().code == ErrorCode::kDamaged) return directory;
  if (id.error().errno_value == EACCES)
    return tl::unexpected(with_access_hint(id.error(), path + "/" + std::string(spool::kIdentityName)));
  CRAWLSPOOL_TRY_AS(const auto segments, spool::list_segments(**directory));
  if (id.error().code == ErrorCode::kNotFound && segments.empty())
    return base::fail(ErrorCode::kNotFound, path + " is no spool: there is no spool.json in it");
  if (id.error().code == ErrorCode::kConfig) return tl::unexpected(id.error());
  return directory;
}

// Looks for the lock file's inode, as the device is spelled in other ways on some file systems. A lock taken to look
// would keep a daemon from starting.
bool is_in_use(const spool::Directory& directory) {
  struct stat info {};
  const std::string lock = directory.path() + "/" + std::string(spool::kLockName);
  if (::stat(lock.c_str(), &info) != 0) return false;
  const std::string inode = ":" + std::to_string(info.st_ino) + " ";
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);)
    if (line.find("FLOCK") != std::string::npos && line.find(inode) != std::string::npos) return true;
  return false;
}

Result<spool::Position> durable_position(spool::Directory& directory) {
  CRAWLSPOOL_TRY_AS(const auto segments, spool::list_segments(directory));
  const auto sealed = [&]() -> Result<spool::Position> {  // a segment is synced before it is sealed
    if (segments.empty()) return 0;
    if (segments.back().name.kind == spool::SegmentKind::kOpen) return segments.back().name.position;
    return spool::spool_extent(directory).map([](const spool::Extent& extent) { return extent.end; });
  }();
  const spool::Position durable = spool::read_durable(directory).value_or(0);
  return sealed.map([&](spool::Position end) { return std::max(end, durable); });
}

std::optional<std::uint64_t> parse_count(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string check_count(const std::string& text) {
  return parse_count(text) ? std::string{} : "'" + text + "' is not a whole number";
}

std::string check_cursor_name(const std::string& text) {
  if (spool::is_cursor_name(text)) return {};
  return "'" + text + "' is no cursor's name: 1 to 64 of a-z, 0-9, _ and -";
}

}  // namespace crawlspool::cli
