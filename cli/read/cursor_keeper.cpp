#include "cli/read/cursor_keeper.h"

#include "cli/common/human.h"
#include "daemon/spool/control/lock_and_identity.h"
#include "daemon/spool/lines/line.h"

namespace crawlspool::cli {

using base::ErrorCode;
using base::Result;
using spool::Cursor;
using spool::CursorPlace;
using spool::CursorState;

Result<std::optional<CursorPlace>> CursorKeeper::find() {
  CRAWLSPOOL_TRY_AS(spool_id_, spool::read_spool_id(directory_));
  const auto cursor = spool::read_cursor(directory_, name_);
  if (!cursor && cursor.error().code == ErrorCode::kNotFound) return std::nullopt;
  may_replace_anything_ = !cursor && cursor.error().code == ErrorCode::kDamaged;
  if (!cursor) return tl::unexpected(cursor.error());
  kept_ = taken_ = *cursor;
  CRAWLSPOOL_TRY_AS(auto place, spool::find_cursor_place(directory_, spool_id_, *cursor));
  is_lost_ = place.state != CursorState::kInPlace;
  return place;
}

Result<void> CursorKeeper::begin(spool::Position position) {
  if (!kept_ || is_lost_) taken_ = {spool_id_, position, 0, 0};
  return keep();
}

// A line whose checksum does not match is not compared later: repair may have blanked it by then.
void CursorKeeper::take(const spool::ReadLine& line) {
  taken_ = {spool_id_, line.position + line.bytes.size(), 0, 0};
  if (line.kind != spool::LineKind::kSound) return;
  taken_.last_line_bytes = line.bytes.size();
  taken_.last_line_crc = spool::crc32(line.bytes);
}

Result<void> CursorKeeper::keep() {
  if (kept_ == taken_) return {};
  const auto found = spool::read_cursor(directory_, name_);
  if (!found && found.error().code != ErrorCode::kNotFound && !may_replace_anything_)
    return tl::unexpected(found.error());
  const std::optional<Cursor> now = found ? std::optional(*found) : std::nullopt;
  if (now != kept_)
    return base::fail(ErrorCode::kLocked, "cursor " + name_ + " was " + (now ? "moved" : "removed") +
                                              " by someone else meanwhile; nothing more is read with it");
  if (auto stored = spool::store_cursor(directory_, name_, taken_); !stored) return stored;
  kept_ = taken_;
  may_replace_anything_ = false;
  return {};
}

std::string CursorKeeper::describe(const CursorPlace& place) const {
  const std::string position = std::to_string(taken_.position);
  const std::string affected = counted(place.affected_bytes, "byte");
  switch (place.state) {
    case CursorState::kInPlace:
      return "in place";
    case CursorState::kOtherSpool:
      return "is a place in another spool, " + taken_.spool_id + "; this is " + spool_id_ + " with " + affected;
    case CursorState::kRemoved:
      return affected + " behind its position " + position + " have been removed unread";
    case CursorState::kBeyondEnd:
      return "its position " + position + " is " + affected + " beyond the spool's end";
    case CursorState::kDifferent:
      return "the line before its position " + position + ", the last one taken, is not there any more (" + affected +
             ")";
  }
  return {};
}

}  // namespace crawlspool::cli
