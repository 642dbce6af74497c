// `crawlspool cursors` lists the named readers' places and how far each is behind, and gives one up, so that retention
// is not held by a reader that will not come back.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <vector>

#include "cli/common/access_hint.h"
#include "cli/common/console.h"
#include "cli/common/defaults.h"
#include "cli/common/human.h"
#include "cli/common/spool_access.h"
#include "cli/common/subcommands.h"
#include "daemon/spool/control/cursor.h"
#include "daemon/spool/control/lock_and_identity.h"

namespace crawlspool::cli {
namespace {

using base::Result;
using Row = std::array<std::string, 4>;

struct CursorsOptions {
  std::optional<std::string> spool;
  std::optional<std::string> remove;
};

std::string moved(const spool::Directory& directory, const std::string& name) {
  std::error_code failed;
  const auto file = directory.path() + "/" + spool::cursor_file_name(name);
  const auto written = std::filesystem::last_write_time(file, failed);
  if (failed) return "?";
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(decltype(written)::clock::now() - written);
  return human_seconds(static_cast<std::uint64_t>(std::max<std::int64_t>(age.count(), 0))) + " ago";
}

Row row(const spool::Directory& directory, const spool::NamedCursor& named, const std::string& spool_id,
        spool::Position durable) {
  Row row{named.name, "?", "?", moved(directory, named.name)};
  if (!named.cursor) return row;
  row[1] = std::to_string(named.cursor->position);
  row[2] = named.cursor->spool_id == spool_id
               ? human_bytes(durable - std::min(named.cursor->position, durable)) + " behind"
               : "of another spool";
  return row;
}

void print_rows(const std::vector<Row>& rows) {
  std::array<std::size_t, 4> widths{};
  for (const Row& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += i + 1 < row.size() ? row[i] + std::string(widths[i] - row[i].size() + 2, ' ') : row[i];
    std::puts(line.c_str());
  }
}

Result<int> list(spool::Directory& directory, Console& console) {
  CRAWLSPOOL_TRY_AS(const auto cursors, spool::list_cursors(directory));
  CRAWLSPOOL_TRY_AS(const auto id, spool::read_spool_id(directory));
  CRAWLSPOOL_TRY_AS(const auto durable, durable_position(directory));
  int exit_code = kExitOk;
  std::vector<Row> rows;
  for (const spool::NamedCursor& named : cursors) {
    rows.push_back(row(directory, named, id, durable));
    if (named.cursor) continue;
    console.say_error(named.cursor.error());
    exit_code = named.cursor.error().code == base::ErrorCode::kDamaged ? kExitDamaged : kExitFailed;
  }
  print_rows(rows);
  return exit_code;
}

Result<int> remove(spool::Directory& directory, const std::string& name) {
  const auto removed = spool::remove_cursor(directory, name);
  if (!removed && removed.error().code == base::ErrorCode::kNotFound)
    return base::fail(base::ErrorCode::kNotFound, "there is no cursor " + name + " in " + directory.path());
  if (!removed)
    return tl::unexpected(with_access_hint(removed.error(), directory.path() + "/" + std::string(spool::kCursorsName)));
  spool::CursorLock::remove_if_free(directory, name);
  return kExitOk;
}

int cursors(const CursorsOptions& options, const std::optional<std::string>& config_file) {
  Console console;
  const auto exit_code = spool_directory(options.spool, config_file)
                             .and_then([](const std::string& path) { return open_spool(path); })
                             .and_then([&](const auto& directory) {
                               return options.remove ? remove(*directory, *options.remove) : list(*directory, console);
                             });
  if (exit_code) return *exit_code;
  console.say_error(exit_code.error());
  return kExitFailed;
}

}  // namespace

void add_cursors(CLI::App& app, Context& context) {
  auto* const command =
      app.add_subcommand("cursors", "List the readers' cursors: name, position, how far behind, when moved");
  const auto options = std::make_shared<CursorsOptions>();
  command->add_option("--spool", options->spool, "The spool directory")->type_name("DIR");
  command->add_option("--remove", options->remove, "Give this cursor up: retention no longer waits for it")
      ->type_name("NAME")
      ->check(check_cursor_name);
  command->callback([options, &context] { context.exit_code = cursors(*options, context.config_file); });
}

}  // namespace crawlspool::cli
