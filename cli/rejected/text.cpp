#include "cli/rejected/text.h"

#include <algorithm>

#include "cli/common/console.h"
#include "cli/common/human.h"
#include "daemon/spool/lines/line.h"

namespace crawlspool::cli {
namespace {

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

}  // namespace

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
          counted(line.length, "byte") + (line.is_whole() ? "" : ", " + kept_in_part(line)) + "\n";
  return text + shown(line.raw) + "\n\n";
}

}  // namespace crawlspool::cli
