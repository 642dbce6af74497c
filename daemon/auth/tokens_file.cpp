#include "daemon/auth/tokens_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <optional>
#include <utility>

#include "config/document.h"
#include "config/nearest.h"
#include "config/units.h"
#include "daemon/base/clock.h"
#include "daemon/base/unique_fd.h"

namespace crawlspool::auth {
namespace {

using base::ErrorCode;
using base::Result;
using config::Mistake;
using config::Setting;
using config::Value;
using Problem = std::optional<std::string>;

Problem read_name(const Value& value, Token& token) {
  if (value.shape != Value::Shape::kText || !is_token_name(value.text)) return std::string("must be ") + kTokenNameRule;
  token.name = value.text;
  return {};
}

Problem read_hash(const Value& value, Token& token) {
  if (value.shape == Value::Shape::kText)
    if (const auto hash = parse_hash(value.text)) {
      token.hash = *hash;
      return {};
    }
  return "must be the 64 hex digits of the token's SHA-256, as crawlspool token new prints them";
}

Problem read_patterns(const Value& value, Patterns& patterns) {
  if (value.shape != Value::Shape::kList) return "must be a list of patterns, such as [\"news/*\"]";
  patterns = value.items;
  return {};
}

Problem read_count(const Value& value, std::uint64_t& count, bool is_size) {
  if (value.shape == Value::Shape::kText) {
    // Bytes may have a unit or be a bare number.
    if (const auto whole = config::parse_whole(value.text)) return count = *whole, Problem{};
    if (is_size)
      if (const auto size = config::parse_size(value.text)) return count = *size, Problem{};
  }
  return is_size ? "must be a size, such as 10MiB, or 0 for no limit" : "must be a whole number, or 0 for no limit";
}

Problem read_not_after(const Value& value, Token& token) {
  const auto until = value.shape == Value::Shape::kText ? parse_not_after(value.text) : std::nullopt;
  if (!until) return "must be a date or a time in UTC, such as 2027-01-31 or 2027-01-31T12:00:00Z";
  token.not_after_us = *until;
  return {};
}

Problem read_setting(const Setting& setting, Token& token) {
  static const std::vector<std::string_view> keys{"name",          "sha256",      "streams",  "clients",
                                                  "records_per_s", "bytes_per_s", "not_after"};
  if (setting.key == "name") return read_name(setting.value, token);
  if (setting.key == "sha256") return read_hash(setting.value, token);
  if (setting.key == "streams") return read_patterns(setting.value, token.streams);
  if (setting.key == "clients") return read_patterns(setting.value, token.clients);
  if (setting.key == "records_per_s") return read_count(setting.value, token.rate.records_per_s, false);
  if (setting.key == "bytes_per_s") return read_count(setting.value, token.rate.bytes_per_s, true);
  if (setting.key == "not_after") return read_not_after(setting.value, token);
  return "unknown key (did you mean " + std::string(config::nearest(setting.key, keys)) + "?)";
}

// Reads one file's entries and holds what is to be unique or equal among them.
class Reader {
 public:
  void take(const config::Entry& entry) {
    Token token;
    for (const Setting& setting : entry.settings)
      if (const Problem problem = read_setting(setting, token)) mistake(setting.line, setting.key, *problem);
    for (const char* const key : {"name", "sha256"}) {
      const bool has_key = std::any_of(entry.settings.begin(), entry.settings.end(),
                                       [key](const Setting& setting) { return setting.key == key; });
      if (!has_key) mistake(entry.line, key, "is missing");
    }
    // Against an entry that has mistakes, the rest would only seem to contradict.
    if (!mistakes_.empty()) return;
    const auto [same_hash, is_new] = lines_.emplace(token.hash, entry.line);
    if (!is_new) mistake(entry.line, "sha256", "is that of line " + std::to_string(same_hash->second) + ", too");
    const auto [same_name, is_first] = rates_.emplace(token.name, token.rate);
    if (!is_first && same_name->second != token.rate)
      mistake(entry.line, "name", token.name + " has other rates above: a name's tokens share one rate");
    tokens_.push_back(std::move(token));
  }
  void mistake(int line, std::string key, std::string what) {
    mistakes_.push_back({line, std::move(key), std::move(what)});
  }

  Result<std::vector<Token>> finish(const std::string& file) {
    if (mistakes_.empty()) return std::move(tokens_);
    std::stable_sort(mistakes_.begin(), mistakes_.end(),
                     [](const Mistake& a, const Mistake& b) { return a.line < b.line; });
    std::string context;
    for (const Mistake& one : mistakes_) {
      if (!context.empty()) context += '\n';
      context += config::one_line(file);
      if (one.line != config::kNoLine) context += ":" + std::to_string(one.line);
      context += ": ";
      if (!one.key.empty()) context += one.key + ": ";
      context += one.what;
    }
    return base::fail(ErrorCode::kConfig, std::move(context));
  }

 private:
  std::vector<Token> tokens_;
  std::vector<Mistake> mistakes_;
  std::map<TokenHash, int> lines_;
  std::map<std::string, Rate> rates_;
};

// A key is shown if it is one that could be meant: a token written as a key must not be.
std::string shown_key(const std::string& key) {
  const bool is_word = key.size() <= 20 && std::all_of(key.begin(), key.end(), [](char c) {
                         return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
                       });
  return is_word && key.rfind(kTokenPrefix, 0) != 0 ? key : "a key";
}

}  // namespace

std::optional<std::int64_t> parse_not_after(std::string_view text) {
  constexpr std::size_t kDateBytes = 10;
  constexpr std::size_t kSecondsBytes = 20;
  if (text.size() == kDateBytes) return base::parse_timestamp(std::string(text) + "T23:59:59.999999Z");
  if (text.size() != kSecondsBytes || text.back() != 'Z') return {};
  return base::parse_timestamp(std::string(text.substr(0, kSecondsBytes - 1)) + ".000000Z");
}

Result<std::vector<Token>> parse_tokens(const std::string& file, std::string_view yaml) {
  config::EntryList list = config::read_entries(yaml);
  Reader reader;
  for (Mistake& one : list.mistakes) {
    const std::string key = one.key.empty() ? "" : shown_key(one.key);
    // yaml-cpp's own words may quote the text.
    const bool is_foreign = one.what.rfind("not valid YAML", 0) == 0;
    reader.mistake(one.line, key, is_foreign ? "not valid YAML" : std::move(one.what));
  }
  for (config::Entry& entry : list.entries) {
    for (Setting& setting : entry.settings) setting.key = shown_key(setting.key);
    reader.take(entry);
  }
  return reader.finish(file);
}

Result<std::vector<Token>> read_tokens(const std::string& file) {
  const auto failed = [&file](const std::string& what, int errno_value = 0) {
    return base::fail(ErrorCode::kConfig, what, errno_value);
  };
  const base::UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return failed("cannot read " + config::one_line(file), errno);
  std::string text;
  std::array<char, 16 * 1024> chunk{};
  while (text.size() <= kTokensFileBytesMax) {
    const ssize_t bytes = ::read(fd.get(), chunk.data(), chunk.size());
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return failed("cannot read " + config::one_line(file), errno);
    if (bytes == 0) return parse_tokens(file, text);
    text.append(chunk.data(), static_cast<std::size_t>(bytes));
  }
  return failed(config::one_line(file) + ": is over " + config::format_size(kTokensFileBytesMax));
}

}  // namespace crawlspool::auth
