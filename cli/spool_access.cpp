#include "cli/spool_access.h"

#include <algorithm>
#include <charconv>

#include "daemon/spool/cursor.h"
#include "daemon/spool/durable_mark.h"
#include "daemon/spool/lock_and_identity.h"
#include "daemon/spool/position_search.h"
#include "daemon/spool/posix_file_system.h"
#include "daemon/spool/segment_reader.h"

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

Result<spool::Position> settled_position(spool::Directory& directory) {
  const auto segments = spool::list_segments(directory);
  if (!segments) return tl::unexpected(segments.error());
  const auto sealed = [&]() -> Result<spool::Position> {  // a segment is synced before it is sealed
    if (segments->empty()) return 0;
    if (segments->back().name.kind == spool::SegmentKind::kOpen) return segments->back().name.position;
    return spool::spool_extent(directory).map([](const spool::Extent& extent) { return extent.end; });
  }();
  // Overwritten in place meanwhile, it may show half of the old digits and half of the new: read until it stands still.
  auto durable = spool::read_durable(directory);
  for (auto again = spool::read_durable(directory); again != durable; again = spool::read_durable(directory))
    durable = again;
  return sealed.map([&](spool::Position end) { return std::max(end, durable.value_or(0)); });
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
