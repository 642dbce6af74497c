#include "cli/spool_access.h"

#include <charconv>

#include "daemon/spool/lock_and_identity.h"
#include "daemon/spool/posix_file_system.h"

namespace crawlspool::cli {

using base::ErrorCode;
using base::Result;

Result<std::unique_ptr<spool::Directory>> open_spool(const std::string& path) {
  auto directory = spool::open_posix_directory(path, spool::IfMissing::kFail);
  if (!directory) return directory;
  const auto id = spool::read_spool_id(**directory);
  if (!id && id.error().code == ErrorCode::kNotFound)
    return base::fail(ErrorCode::kNotFound, path + " is no spool: there is no spool.json in it");
  if (!id) return tl::unexpected(id.error());
  return directory;
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

}  // namespace crawlspool::cli
