#include "cli/read/line_filter.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "cli/common/stop_signals.h"
#include "daemon/base/clock.h"
#include "daemon/base/text.h"
#include "daemon/spool/lines/line.h"
#include "daemon/spool/read/position_search.h"

namespace crawlspool::cli {
namespace {

using base::Result;
using spool::Position;
using Positions = std::deque<Position>;

constexpr std::uint64_t kFirstStepLines = 1000;
constexpr std::uint64_t kGrowth = 4;

// The lines are printed afterwards, and their losses are reported then.
class Unsaid final : public spool::LossReporter {
  void missing(Position, std::uint64_t) override {}
  void doubled(Position, std::uint64_t) override {}
  void taken_back(Position, std::uint64_t) override {}
  void skipped(const std::string&, const base::Error&) override {}
};

// Returns the last `count` wanted lines that begin in [from, to).
Result<Positions> wanted_between(spool::Directory& directory, const LineFilter& filter, Position from,
                                 std::optional<Position> to, std::uint64_t count) {
  Unsaid losses;
  spool::SegmentReader reader(directory, losses, from);
  Positions found;
  while (!stop_requested()) {
    CRAWLSPOOL_TRY_AS(const auto line, reader.next());
    if (!line || line->kind == spool::LineKind::kUnfinished || (to && line->position >= *to)) break;
    if (!filter.takes(*line)) continue;
    found.push_back(line->position);
    if (found.size() > count) found.pop_front();
  }
  return found;
}

}  // namespace

using spool::envelope_member;

std::string_view envelope_of(const spool::ReadLine& line) {
  const auto before_record = static_cast<std::size_t>(line.record.data() - line.bytes.data());
  return line.bytes.substr(0, before_record - spool::kRecordKey.size());
}

LineFilter::LineFilter(Wanted wanted) : client_(std::move(wanted.client)) {
  if (wanted.stream) base::append_json_escaped(stream_.emplace(), *wanted.stream);
  if (wanted.since_us) since_ = base::format_timestamp(*wanted.since_us);
}

bool LineFilter::takes(const spool::ReadLine& line) const {
  if (takes_all()) return true;
  if (line.kind != spool::LineKind::kSound) return false;
  const std::string_view envelope = envelope_of(line);
  return (!stream_ || envelope_member(envelope, "stream") == *stream_) &&
         (!client_ || envelope_member(envelope, "client") == *client_) &&
         (since_.empty() || envelope_member(envelope, "ts").value_or("") >= since_);
}

Result<Position> find_last_lines(spool::Directory& directory, const LineFilter& filter, std::uint64_t lines,
                                 Position not_before) {
  if (filter.takes_all() || lines == 0)
    return spool::position_of_last_lines(directory, lines).map([&](Position from) {
      return std::max(from, not_before);
    });
  std::optional<Position> looked_from;
  std::uint64_t missing = lines;
  for (std::uint64_t step = kFirstStepLines;; step *= kGrowth) {
    CRAWLSPOOL_TRY_AS(const auto extent, spool::spool_extent(directory));
    auto from = spool::position_of_last_lines(directory, step);
    if (!from) return from;
    *from = std::max(*from, not_before);
    if (looked_from && *from >= *looked_from && *from > extent.begin)
      continue;  // the spool has grown by more than the step
    CRAWLSPOOL_TRY_AS(const auto found, wanted_between(directory, filter, *from, looked_from, missing));
    missing -= found.size();
    if (missing == 0) return found.front();
    if (*from <= std::max(extent.begin, not_before) || stop_requested()) return *from;
    looked_from = *from;
  }
}

}  // namespace crawlspool::cli
