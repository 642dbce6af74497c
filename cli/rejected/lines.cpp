#include "cli/rejected/lines.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/common/console.h"
#include "cli/common/human.h"
#include "cli/common/spool_access.h"
#include "daemon/base/clock.h"
#include "daemon/base/text.h"
#include "daemon/spool/lines/line.h"
#include "daemon/spool/lines/line_scanner.h"
#include "daemon/spool/storage/layout.h"

namespace crawlspool::cli {
namespace {

using base::ErrorCode;
using base::Result;
using OnLine = std::function<Result<void>(const RejectedLine&)>;

// Returns the files by number, so the oldest comes first. Opening the directory where it is not there would make it.
Result<std::map<std::uint64_t, std::string>> list_files(spool::Directory& spool_directory) {
  std::map<std::uint64_t, std::string> files;
  CRAWLSPOOL_TRY_AS(const auto top, spool_directory.list());
  const auto is_rejected = [](const spool::DirectoryEntry& entry) {
    return entry.name == spool::kRejectedName && entry.kind == spool::EntryKind::kDirectory;
  };
  if (std::none_of(top.begin(), top.end(), is_rejected)) return files;
  CRAWLSPOOL_TRY_AS(const auto directory, spool_directory.open_directory(std::string(spool::kRejectedName)));
  CRAWLSPOOL_TRY_AS(const auto entries, directory->list());
  for (const spool::DirectoryEntry& entry : entries)
    if (const auto number = spool::parse_position_digits(entry.name.substr(0, spool::kPositionDigits)))
      if (entry.kind == spool::EntryKind::kFile) files.emplace(*number, entry.name);
  return files;
}

// Returns nothing where it does not have the members it should have.
std::optional<RejectedLine> parse(std::string id, std::string_view bytes) {
  const auto json = nlohmann::json::parse(bytes, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto text = [&json](const char* key) {
    const auto member = json.find(key);
    return member != json.end() && member->is_string() ? member->get<std::string>() : std::string();
  };
  auto raw = base::decode_base64(text("raw"));
  const auto length = json.find("length");
  if (!raw || length == json.end() || !length->is_number_unsigned()) return std::nullopt;
  return RejectedLine{std::move(id),
                      std::string(bytes.substr(0, bytes.size() - 1)),
                      text("ts"),
                      text("code"),
                      text("detail"),
                      text("client"),
                      text("peer"),
                      text("charset"),
                      length->get<std::uint64_t>(),
                      std::move(*raw),
                      json.contains("cut")};
}

Result<void> read_file(spool::File& file, std::uint64_t number, const RejectedWanted& wanted, const OnLine& on_line,
                       RejectedCounts& counts) {
  spool::LineScanner scanner(file);
  std::uint64_t line_number = 0;
  while (true) {
    CRAWLSPOOL_TRY_AS(const auto line, scanner.next());
    if (!line || !line->is_whole) return {};  // being written, or torn
    ++line_number;
    const auto rejected = spool::has_sound_trailer(line->bytes)
                              ? parse(std::to_string(number) + "." + std::to_string(line_number), line->bytes)
                              : std::nullopt;
    if (!rejected) {
      ++counts.unsound;
      continue;
    }
    if (!wanted.takes(*rejected)) continue;
    ++counts.taken;
    if (auto done = on_line(*rejected); !done) return done;
  }
}

bool has_id_of(const RejectedWanted& wanted, std::uint64_t number) {
  const std::string prefix = std::to_string(number) + ".";
  return wanted.ids.empty() || std::any_of(wanted.ids.begin(), wanted.ids.end(),
                                           [&prefix](const std::string& id) { return id.starts_with(prefix); });
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

}  // namespace

bool RejectedWanted::takes(const RejectedLine& line) const {
  return (ids.empty() || std::find(ids.begin(), ids.end(), line.id) != ids.end()) && (!code || line.code == *code) &&
         (!client || line.client == *client) && (!since_us || line.ts >= base::format_timestamp(*since_us));
}

Result<RejectedCounts> read_rejected(spool::Directory& spool_directory, const RejectedWanted& wanted,
                                     const OnLine& on_line) {
  RejectedCounts counts;
  CRAWLSPOOL_TRY_AS(const auto files, list_files(spool_directory));
  std::vector<std::string> missing = wanted.ids;
  const auto take = [&](const RejectedLine& line) {
    std::erase(missing, line.id);
    return on_line(line);
  };
  for (const auto& [number, name] : files) {
    if (!has_id_of(wanted, number)) continue;
    CRAWLSPOOL_TRY_AS(const auto directory, spool_directory.open_directory(std::string(spool::kRejectedName)));
    const auto file = directory->open(name, spool::OpenMode::kRead);
    if (!file && file.error().code == ErrorCode::kNotFound) continue;  // the daemon has made room
    if (!file) return tl::unexpected(file.error());
    CRAWLSPOOL_TRY(read_file(**file, number, wanted, take, counts));
  }
  if (!missing.empty())
    return base::fail(ErrorCode::kNotFound, "there is no rejected record " + missing.front() + " that is asked for");
  return counts;
}

std::string check_rejected_id(const std::string& text) {
  const std::size_t dot = text.find('.');
  if (dot != std::string::npos && parse_count(text.substr(0, dot)) && parse_count(text.substr(dot + 1))) return {};
  return "'" + text + "' is no rejected record's id such as 0.17: crawlspool rejected ls prints them";
}

std::string kept_in_part(const RejectedLine& line) {
  return "of which only the first " + std::to_string(line.raw.size()) + " are kept" +
         (line.is_brief ? ": its sender had too many refused" : "");
}

std::string rejected_json(const RejectedLine& line, bool with_raw) {
  const std::size_t end = with_raw ? line.json.size() - spool::kTrailerBytes : line.json.rfind(",\"raw\":");
  return R"({"id":")" + line.id + R"(",)" + line.json.substr(1, end - 1) + "}\n";
}

std::string rejected_row(const RejectedLine& line) {
  return padded(line.id, 8) + "  " + line.ts + "  " + padded(shown(line.code), 16) + "  " +
         padded(shown(line.client.empty() ? line.peer : line.client), 21) + "  " + std::to_string(line.length) + "  " +
         shown(line.detail) + "\n";
}

std::string rejected_paragraph(const RejectedLine& line) {
  std::string text = line.id + "  " + line.ts + "  " + shown(line.code) + ": " + shown(line.detail) + "\n";
  text += "from " + (line.client.empty() ? "" : shown(line.client) + ", ") + shown(line.peer) + "; " +
          counted(line.length, "byte") + (line.charset.empty() ? "" : " of " + shown(line.charset)) +
          (line.is_whole() ? "" : ", " + kept_in_part(line)) + "\n";
  return text + shown(line.raw) + "\n\n";
}

}  // namespace crawlspool::cli
