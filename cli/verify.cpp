// `crawlspool verify`: reads the whole spool and says whether every line proves itself.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "cli/console.h"
#include "cli/damage.h"
#include "cli/defaults.h"
#include "cli/human.h"
#include "cli/spool_access.h"
#include "cli/subcommands.h"
#include "daemon/spool/durable_mark.h"
#include "daemon/spool/position_search.h"

namespace crawlspool::cli {
namespace {

using base::Result;
using spool::LineKind;
using spool::Position;

struct Totals {
  spool::Extent extent;
  std::uint64_t lines = 0;  // sound ones
  std::uint64_t bytes = 0;  // of them
  std::uint64_t blank_lines = 0;
  std::uint64_t unfinished_bytes = 0;
};

void say_on_stdout(Console& console, const std::string& line) {
  console.clear_bar();
  std::puts(line.c_str());
}

void count(Totals& totals, const spool::ReadLine& line, DamageLog& damage) {
  switch (line.kind) {
    case LineKind::kSound:
      ++totals.lines;
      totals.bytes += line.bytes.size();
      return;
    case LineKind::kBlank:
      ++totals.blank_lines;
      return;
    case LineKind::kDamaged:
      damage.damaged(line.position, line.bytes.size());
      return;
    case LineKind::kUnfinished:
      totals.unfinished_bytes = line.bytes.size();
      return;
  }
}

// Up to the spool's end as it is at the start. The durable file is read before that: it is never ahead of the lines.
Result<Totals> read_all(spool::Directory& directory, DamageLog& damage, Console& console) {
  const Position durable = spool::read_durable(directory).value_or(0);
  const auto extent = spool::spool_extent(directory);
  if (!extent) return tl::unexpected(extent.error());
  Totals totals;
  totals.extent = *extent;
  spool::SegmentReader reader(directory, damage);
  while (true) {
    const auto line = reader.next();
    if (!line) return tl::unexpected(line.error());
    if (!*line || (*line)->position >= extent->end) break;
    count(totals, **line, damage);
    if ((*line)->kind == LineKind::kUnfinished) break;
    console.progress(reader.position() - extent->begin, extent->end - extent->begin, totals.lines, "line");
  }
  if (durable > reader.position() && !reader.is_cut_short())
    damage.missing(reader.position(), durable - reader.position());
  damage.settle();
  return totals;
}

void print_summary(const Totals& totals, const DamageLog& damage, const std::string& path) {
  std::printf("%s: %s\n", path.c_str(),
              damage.exit_code() == kExitOk        ? "sound"
              : damage.exit_code() == kExitDamaged ? "damaged"
                                                   : "could not be read in full");
  std::printf("segments  %zu\n", totals.extent.segments);
  std::printf("lines     %s\n", std::to_string(totals.lines).c_str());
  std::printf("bytes     %s (%s)\n", std::to_string(totals.bytes).c_str(), human_bytes(totals.bytes).c_str());
  std::printf("damaged   %s, %s\n", counted(damage.places(), "place").c_str(), counted(damage.bytes(), "byte").c_str());
  if (totals.blank_lines > 0)
    std::printf("note      %s, as repair leaves them\n", counted(totals.blank_lines, "blank line").c_str());
  if (totals.unfinished_bytes > 0)
    std::printf("note      the open segment ends with %s of an unfinished line\n",
                counted(totals.unfinished_bytes, "byte").c_str());
}

int verify(const std::optional<std::string>& spool, const std::optional<std::string>& config_file) {
  Console console;
  DamageLog damage([&console](const std::string& line) { say_on_stdout(console, line); });
  const auto path = spool_directory(spool, config_file);
  const auto totals =
      path.and_then([](const std::string& p) { return open_spool(p); }).and_then([&](const auto& directory) {
        return read_all(*directory, damage, console);
      });
  console.clear_bar();
  if (!totals) {
    console.say_error(totals.error());
    return kExitFailed;
  }
  print_summary(*totals, damage, *path);
  return damage.exit_code();
}

}  // namespace

void add_verify(CLI::App& app, Context& context) {
  auto* const command = app.add_subcommand("verify", "Read the whole spool and check every line");
  const auto spool = std::make_shared<std::optional<std::string>>();
  command->add_option("--spool", *spool, "The spool directory")->type_name("DIR");
  command->callback([spool, &context] { context.exit_code = verify(*spool, context.config_file); });
}

}  // namespace crawlspool::cli
