#include "cli/common/input_kind.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace crawlspool::cli {
namespace {

constexpr std::string_view kBlank = " \t\r\n";
constexpr const char* kSend = " | crawlspool send -";

struct Magic {
  std::string_view bytes;
  const char* what;
  const char* before;  // the file's name in the remedy
};
using namespace std::string_view_literals;
constexpr std::array kMagic{
    Magic{"\x1f\x8b", "compressed by gzip", "zcat "},
    Magic{"\x28\xb5\x2f\xfd", "compressed by zstd", "zstdcat "},
    Magic{"\xfd\x37zXZ\0"sv, "compressed by xz", "xzcat "},
    Magic{"BZh", "compressed by bzip2", "bzcat "},
    Magic{"PK\3\4", "a zip archive", "unzip -p "},
    Magic{"\xff\xfe", "UTF-16", "iconv -f UTF-16 -t UTF-8 "},
    Magic{"\xfe\xff", "UTF-16", "iconv -f UTF-16 -t UTF-8 "},
};

bool is_json(std::string_view text) { return nlohmann::json::accept(text); }

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

// Finds the first line that is not blank, and what is behind it.
struct FirstLine {
  std::string_view line;  // trimmed
  std::string_view rest;
  bool is_whole = false;
};
FirstLine first_line(std::string_view text, bool is_all) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {{}, {}, is_all};
  const std::size_t end = text.find('\n', begin);
  if (end == std::string_view::npos) return {trimmed(text), {}, is_all};
  return {trimmed(text.substr(begin, end - begin)), text.substr(end + 1), true};
}

// Returns whether the text ends where no JSON text could.
bool is_open(std::string_view line) {
  return std::string_view("{[").find(line.front()) != std::string_view::npos &&
         std::string_view("{[,:").find(line.back()) != std::string_view::npos;
}

// Recognises one JSON text over several lines. A broken record is followed by another one.
bool goes_on(const FirstLine& first) {
  return is_open(first.line) && !(first.line.front() == '{' && trimmed(first.rest).starts_with('{'));
}

// Recognises an only line that is an array of objects: records that someone has put into one.
bool is_lone_array(const FirstLine& first, bool is_all) {
  if (!is_all || !trimmed(first.rest).empty() || first.line.front() != '[') return false;
  return trimmed(first.line.substr(1)).starts_with('{') && is_json(first.line);
}

std::optional<char> separator_in(std::string_view line) {
  for (const char separator : {',', '\t', ';'})
    if (line.find(separator) != std::string_view::npos) return separator;
  return std::nullopt;
}

// Recognises fields, the first one a word, or in quotes with a separator behind it.
bool is_heading(std::string_view line) {
  const char begin = line.front();
  const bool is_word = (begin >= 'a' && begin <= 'z') || (begin >= 'A' && begin <= 'Z') || begin == '_' || begin == '"';
  const auto separator = separator_in(line);
  if (!is_word || !separator || is_json(line)) return false;
  if (begin != '"') return true;
  const std::size_t end = line.find('"', 1);
  return end != std::string_view::npos && end + 1 < line.size() && line[end + 1] == *separator;
}

bool is_table(const FirstLine& first, bool is_all) {
  if (!is_heading(first.line)) return false;
  const FirstLine second = first_line(first.rest, is_all);
  return second.is_whole && separator_in(second.line) == separator_in(first.line) && !is_json(second.line);
}

std::string to_json_lines(std::string_view line) {
  const auto separator = separator_in(line);
  const std::string how = separator == '\t' ? ",delimiter=\"\\t\"" : separator == ';' ? ",delimiter=\";\"" : "";
  return "python3 -c 'import csv,json,sys; [print(json.dumps(row)) for row in csv.DictReader(sys.stdin" + how + ")]' <";
}

}  // namespace

bool is_judgeable(std::string_view first, bool is_all) {
  if (is_all || first.size() >= kFirstBytesMax) return true;
  const auto may_become = [first](std::string_view bytes) {
    return first.size() < bytes.size() && bytes.starts_with(first);
  };
  if (may_become(kByteOrderMark) ||
      std::any_of(kMagic.begin(), kMagic.end(), [&](const Magic& magic) { return may_become(magic.bytes); }))
    return false;
  const bool is_marked =
      std::any_of(kMagic.begin(), kMagic.end(), [first](const Magic& magic) { return first.starts_with(magic.bytes); });
  if (is_marked) return true;
  const FirstLine begin = first_line(first, is_all);
  if (!begin.is_whole || begin.line.empty()) return false;
  const bool is_one_enough = !is_heading(begin.line) && !(begin.line.front() == '{' && is_open(begin.line));
  return is_one_enough || first_line(begin.rest, is_all).is_whole;
}

std::optional<InputKind> foreign_kind(std::string_view first, bool is_all, const std::string& file) {
  for (const Magic& magic : kMagic)
    if (first.starts_with(magic.bytes)) return InputKind{magic.what, magic.before + file + kSend, false};
  if (first.starts_with(kByteOrderMark)) first.remove_prefix(kByteOrderMark.size());
  const FirstLine begin = first_line(first, is_all);
  if (begin.line.empty() || !begin.is_whole) return std::nullopt;
  if (is_lone_array(begin, is_all) || (begin.line.front() == '[' && goes_on(begin)))
    return InputKind{"one JSON array, and records are one a line", "jq -c '.[]' " + file + kSend, true};
  if (begin.line.front() == '{' && goes_on(begin))
    return InputKind{"JSON over several lines, and records are one a line", "jq -c . " + file + kSend, true};
  if (is_table(begin, is_all)) return InputKind{"a table (CSV)", to_json_lines(begin.line) + file + kSend, true};
  return std::nullopt;
}

}  // namespace crawlspool::cli
