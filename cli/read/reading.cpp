#include "cli/read/reading.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/common/access_hint.h"
#include "cli/common/option_checks.h"
#include "cli/common/spool_access.h"
#include "cli/common/stop_signals.h"
#include "cli/read/line_filter.h"
#include "daemon/base/clock.h"
#include "daemon/spool/read/position_search.h"

namespace crawlspool::cli {

using base::ErrorCode;
using base::Result;
using spool::Position;

namespace {

constexpr std::int64_t kKeepEveryUs = 1'000'000;
constexpr unsigned kLinesBetweenLooks = 256;  // so many go by between two looks at the clock

Result<std::optional<Position>> checked_position(spool::Directory& directory, Position from) {
  CRAWLSPOOL_TRY_AS(const auto extent, spool::spool_extent(directory));
  if (from > extent.end)
    return base::fail(ErrorCode::kNotFound,
                      "position " + std::to_string(from) + " is beyond the spool's end, " + std::to_string(extent.end));
  return from;
}

}  // namespace

void add_reading_options(CLI::App& command, ReadingOptions& options) {
  command.add_option("--spool", options.spool, "The spool directory")->type_name("DIR");
  command.add_flag("--records", options.records, "Print the bare records instead of whole lines");
  command.add_option("--stream", options.stream, "Only lines of this stream")->type_name("STREAM")->check(check_stream);
  command.add_option("--client", options.client, "Only lines of this client")->type_name("CLIENT")->check(check_client);
  auto* const since = command.add_option("--since", options.since,
                                         "Only lines since then: 30m, 1h, 7d ago, or 2026-11-20[T04:05:06Z], UTC");
  since->type_name("TIME")->check(check_since);
  auto* const from = command.add_option("--from", options.from, "Begin at the first line at or after this position");
  from->type_name("POSITION")->check(check_count);
  auto* const cursor = command.add_option(
      "--cursor", options.cursor,
      "Begin where the last reading under this name ended, a new one at the spool's beginning; what has been written "
      "out counts as read. One reader at a time: a second one is refused");
  cursor->type_name("NAME")->check(check_cursor_name)->excludes(since)->excludes(from);
  command.add_flag("--skip", options.skip, "Where the cursor's place is lost, go on at the nearest one there is")
      ->needs(cursor);
}

LineFilter line_filter(const ReadingOptions& options) {
  LineFilter::Wanted wanted{options.stream, options.client, std::nullopt};
  if (options.since) wanted.since_us = parse_since(*options.since, base::SystemClock().wall_us());
  return LineFilter(std::move(wanted));
}

base::Result<void> LinePrinter::print(const spool::ReadLine& line) {
  switch (line.kind) {
    case spool::LineKind::kDamaged:
      damage_.damaged(line.position, line.bytes.size());
      return {};
    case spool::LineKind::kUnfinished:
      return {};
    case spool::LineKind::kBlank:
      return records_only_ ? base::Result<void>{} : output_.write(line.bytes);
    case spool::LineKind::kSound:
      break;
  }
  if (!records_only_) return output_.write(line.bytes);
  if (auto written = output_.write(line.record); !written) return written;
  return output_.write("\n");
}

Reading::Reading(spool::Directory& directory, const ReadingOptions& options, DamageLog& damage, Output& output)
    : directory_(directory),
      options_(options),
      damage_(damage),
      output_(output),
      filter_(line_filter(options)),
      printer_(output, damage, options.records) {
  if (options.cursor) cursor_.emplace(directory, *options.cursor);
}

Result<std::optional<Position>> Reading::find_begin(const std::optional<std::uint64_t>& new_cursor_lines) {
  if (cursor_) return find_cursor_begin(new_cursor_lines);
  const auto from = checked_position(directory_, options_.from ? parse_count(*options_.from).value_or(0) : 0);
  if (!from || filter_.since().empty()) return from;
  // A line that is being written may not show its time yet.
  CRAWLSPOOL_TRY_AS(const auto last_line_end, spool::position_of_last_lines(directory_, 0));
  return spool::position_since(directory_, filter_.since()).map([&](Position since) {
    return std::optional(std::max(**from, std::min(since, last_line_end)));
  });
}

Result<void> Reading::lock_cursor() {
  auto lock = spool::CursorLock::take(directory_, cursor_->name(), "crawlspool, pid " + std::to_string(::getpid()));
  if (!lock)
    return tl::unexpected(with_access_hint(lock.error(), directory_.path() + "/" + std::string(spool::kCursorsName)));
  lock_.emplace(std::move(*lock));
  return {};
}

Result<std::optional<Position>> Reading::find_cursor_begin(const std::optional<std::uint64_t>& new_cursor_lines) {
  CRAWLSPOOL_TRY(lock_cursor());
  const auto found = cursor_->find();
  const bool begin_again = !found && found.error().code == ErrorCode::kDamaged && options_.skip;
  if (!found && !begin_again) return tl::unexpected(found.error());
  if (begin_again) damage_.say(found.error().message() + "; --skip begins at the spool's beginning");
  if (begin_again || (!*found && !new_cursor_lines))
    return spool::spool_extent(directory_).map([](const spool::Extent& extent) { return std::optional(extent.begin); });
  if (!*found) {
    const auto durable = durable_position(directory_);  // is read first: a cursor must not stand where nothing is yet
    if (!durable) return tl::unexpected(durable.error());
    return find_last_lines(directory_, filter_, *new_cursor_lines, 0).map([&](Position last) {
      return std::optional(std::min(last, *durable));
    });
  }
  const spool::CursorPlace& place = **found;
  if (place.state == spool::CursorState::kInPlace) return place.go_on_at;
  const std::string goes_on = "--skip goes on at position " + std::to_string(place.go_on_at);
  const std::string what = "cursor " + cursor_->name() + ": " + cursor_->describe(place) + "; " + goes_on;
  if (options_.skip) {
    damage_.say(what);
    return place.go_on_at;
  }
  damage_.damaged_otherwise("crawlspool: " + what);
  return std::nullopt;
}

Result<void> Reading::begin(Position position) {
  reader_.emplace(directory_, damage_, position);
  keep_at_us_ = clock_.monotonic_us() + kKeepEveryUs;
  return cursor_ ? cursor_->begin(position) : Result<void>{};
}

Result<void> Reading::print_to(std::optional<Position> end) {
  unsigned lines = 0;
  while (!output_.closed() && !stop_requested()) {
    if (end && reader_->position() >= *end) break;
    CRAWLSPOOL_TRY_AS(const auto line, reader_->next());
    if (!line || line->kind == spool::LineKind::kUnfinished) break;
    if (end && line->position + line->bytes.size() > *end) {
      reader_.emplace(directory_, damage_, line->position);  // for the next time
      break;
    }
    if (auto printed = print(*line); !printed) return printed;
    if (!cursor_ || ++lines % kLinesBetweenLooks != 0 || clock_.monotonic_us() < keep_at_us_) continue;
    if (auto kept = flush_and_keep(); !kept) return kept;
  }
  damage_.flush();
  return flush_and_keep();
}

Result<void> Reading::print(const spool::ReadLine& line) {
  if (cursor_) cursor_->take(line);
  const bool is_reported_as_damage = line.kind == spool::LineKind::kDamaged;
  return is_reported_as_damage || filter_.takes(line) ? printer_.print(line) : Result<void>{};
}

// Nothing counts of what a reader that went away has left in the pipe.
Result<void> Reading::flush_and_keep() {
  keep_at_us_ = clock_.monotonic_us() + kKeepEveryUs;
  const auto flushed = output_.flush();
  return flushed && cursor_ && !output_.closed() ? cursor_->keep() : flushed;
}

}  // namespace crawlspool::cli
