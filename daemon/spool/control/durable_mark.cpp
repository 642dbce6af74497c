#include "daemon/spool/control/durable_mark.h"

namespace crawlspool::spool {

using base::Result;

namespace {

constexpr int kReadingsMax = 100;

}  // namespace

// Reads until two readings agree: overwritten meanwhile, the file may show half of the old digits and half of the new.
Result<std::string> read_durable_text(Directory& directory) {
  const std::string name(kDurableName);
  auto text = read_small_file(directory, name, kPositionDigits);
  for (int readings = 1; text && readings < kReadingsMax; ++readings) {
    auto again = read_small_file(directory, name, kPositionDigits);
    const bool stands_still = again && *again == *text;
    text = std::move(again);
    if (stands_still) return text;
  }
  return text;
}

std::optional<Position> read_durable(Directory& directory) {
  const auto text = read_durable_text(directory);
  return text ? parse_position_digits(*text) : std::nullopt;
}

Result<DurableMark> DurableMark::open(Directory& directory) {
  const std::string name(kDurableName);
  auto file = directory.open(name, OpenMode::kCreate);
  if (!file && file.error().code == base::ErrorCode::kPermission && directory.remove(name))
    file = directory.open(name, OpenMode::kCreate);
  if (!file) return tl::unexpected(file.error());
  // A longer file, which someone else must have made, would not be believed.
  CRAWLSPOOL_TRY((*file)->truncate(kPositionDigits));
  return DurableMark(std::move(*file));
}

Result<void> DurableMark::write(Position position) {
  const std::string digits = position_digits(position);
  const std::string_view parts[] = {digits};
  return write_fully(*file_, 0, parts);
}

}  // namespace crawlspool::spool
