#include "daemon/spool/spool.h"

#include <optional>

#include "daemon/spool/lock_and_identity.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using base::fail;
using base::Result;

// The one open segment's place, or where a first one begins.
Result<Position> find_open_segment(Directory& directory) {
  const auto entries = directory.list();
  if (!entries) return tl::unexpected(entries.error());
  std::optional<Position> open;
  for (const DirectoryEntry& entry : *entries) {
    const auto name = parse_segment_file_name(entry.name);
    if (!name) continue;
    if (name->kind == SegmentKind::kSealed || open)
      return fail(ErrorCode::kConfig, directory.path() + "/" + entry.name +
                                          ": this version writes spools of one growing segment and cannot go on here");
    open = name->position;
  }
  return open.value_or(0);
}

std::optional<Position> read_durable(Directory& directory) {
  const auto text = read_small_file(directory, std::string(kDurableName), kPositionDigits);
  return text ? parse_position_digits(*text) : std::nullopt;
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::open(std::unique_ptr<Directory> directory, const SpoolOptions& options,
                                           const base::Clock& clock) {
  auto id = claim_spool(*directory, clock);
  if (!id) return tl::unexpected(id.error());
  std::unique_ptr<Spool> spool(new Spool(std::move(directory), std::move(*id)));
  if (auto opened = spool->open_segment(options); !opened) return tl::unexpected(opened.error());
  auto rejected = RejectedLog::open(*spool->directory_, options.rejected_bytes_max);
  if (!rejected) return tl::unexpected(rejected.error());
  spool->rejected_ = std::move(*rejected);
  return spool;
}

Result<void> Spool::open_segment(const SpoolOptions& options) {
  const auto begin = find_open_segment(*directory_);
  if (!begin) return tl::unexpected(begin.error());
  const std::string name = segment_file_name({*begin, SegmentKind::kOpen});
  auto segment = directory_->open(name, OpenMode::kCreate);
  if (!segment) return tl::unexpected(segment.error());
  auto report = recover_segment(*directory_, **segment, *begin, read_durable(*directory_));
  if (!report) return tl::unexpected(report.error());
  recovery_ = std::move(*report);
  auto writer =
      SegmentWriter::open(*directory_, std::move(*segment), {recovery_.begin, recovery_.end}, options.keep_free_bytes);
  if (!writer) return tl::unexpected(writer.error());
  writer_ = std::move(*writer);
  return directory_->link_to(name, std::string(kCurrentName)).and_then([&] { return directory_->sync(); });
}

}  // namespace crawlspool::spool
