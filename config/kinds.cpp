#include "config/kinds.h"

#include <algorithm>

#include "config/listener.h"
#include "config/units.h"
#include "daemon/base/address_block.h"
#include "daemon/base/authority.h"
#include "daemon/base/text.h"

namespace crawlspool::config {
namespace {

using Shape = Value::Shape;

// Far beyond any use, and near enough that nobody's arithmetic in microseconds overflows.
constexpr std::int64_t kDurationMaxMs = std::int64_t{3650} * 24 * 60 * 60 * 1000;

std::string out_of_range(const std::string& text, const std::string& min, const std::string& max) {
  return in_quotes(text) + " is out of range: " + min + " to " + max;
}

std::string double_quoted(std::string_view text) {
  std::string out = "\"";
  base::append_json_escaped(out, text);
  return out + '"';
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

// A path as YAML: bare where every reader takes it for a string.
std::string print_path(std::string_view path) {
  const bool bare = path.starts_with('/') && std::all_of(path.begin(), path.end(), [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
                             c == '.' || c == '_' || c == '-';
                    });
  return bare ? std::string(path) : double_quoted(path);
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

// As browsers write the origin of a page.
Problem check_origin(std::string& origin) {
  constexpr std::string_view kSchemeEnd = "://";
  constexpr std::string_view kExpected = " is not an origin: write SCHEME://HOST or SCHEME://HOST:PORT, without a path";
  origin = lower(origin);
  const std::size_t end = origin.find(kSchemeEnd);
  if (end == std::string::npos || end == 0) return in_quotes(origin) + std::string(kExpected);
  const std::string scheme = origin.substr(0, end);
  const auto authority = base::parse_authority(std::string_view(origin).substr(end + kSchemeEnd.size()));
  if (!authority || scheme.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+-.") != std::string::npos ||
      authority->host.find('*') != std::string_view::npos || origin.ends_with(':'))
    return in_quotes(origin) + std::string(kExpected);
  if ((scheme == "https" && authority->port == "443") || (scheme == "http" && authority->port == "80"))
    return in_quotes(origin) + " has its scheme's own port, which browsers omit: write it without";
  return {};
}

Problem check_host(std::string& host) {
  host = lower(host);
  const auto authority = base::parse_authority(host);
  if (!authority || authority->host.find('*') != std::string_view::npos || host.ends_with(':'))
    return in_quotes(host) + " is not a name: write NAME or NAME:PORT, without a scheme or a *";
  return {};
}

// `check` says what is wrong with an item, or puts it into the form that is kept.
Kind list(const Field<std::vector<std::string>>& field, const std::string& expected,
          const std::function<Problem(std::string&)>& check) {
  return {[=](const Value& value, Config& config) -> Problem {
            if (value.shape != Shape::kList) return "must be a list of " + expected + ", or [] for none";
            std::vector<std::string> items = value.items;
            for (std::string& item : items)
              if (Problem problem = check(item)) return problem;
            field.write(config) = std::move(items);
            return {};
          },
          [field](const Config& config) {
            std::string out;
            for (const std::string& item : field.read(config)) out += (out.empty() ? "" : ", ") + double_quoted(item);
            return "[" + out + "]";
          }};
}

Problem check_duration(const std::string& text, std::int64_t ms) {
  if (ms > kDurationMaxMs) return in_quotes(text) + " is out of range: at most " + format_duration(kDurationMaxMs);
  return {};
}

}  // namespace

Problem want_text(const Value& value, std::string_view expected) {
  if (value.shape == Shape::kText) return {};
  return (value.shape == Shape::kNothing ? "has no value: it " : "has the wrong type: it ") + std::string(expected);
}

Kind listeners(proto::Input input, const Field<std::vector<std::string>>& field) {
  return list(field, "addresses, such as [\"tcp://127.0.0.1:8940\"]", [input](const std::string& url) -> Problem {
    const auto listener = parse_listener(input, url);
    if (!listener) return listener.error().message();
    return {};
  });
}

Kind origins(const Field<std::vector<std::string>>& field) {
  return list(field, "origins, such as [\"https://tool.example\"]", check_origin);
}

Kind hosts(const Field<std::vector<std::string>>& field) {
  return list(field, "names, such as [\"crawl-7.example\"]", check_host);
}

Kind address_blocks(const Field<std::vector<std::string>>& field) {
  return list(field, "addresses or blocks of them, such as [\"10.0.0.0/8\"]", [](const std::string& text) -> Problem {
    const auto block = base::AddressBlock::parse(text);
    if (!block) return block.error().message();
    return {};
  });
}

Kind patterns(const Field<std::vector<std::string>>& field) {
  return list(field, "patterns, such as [\"worker-*\"]", [](const std::string& text) -> Problem {
    if (text.empty() || has_control(text)) return in_quotes(text) + " is no pattern";
    return {};
  });
}

namespace {

// 65534 is whom the kernel shows where it may not say who it is.
constexpr std::uint64_t kNobody = 65534;
constexpr std::uint64_t kUidMax = 4294967294;
constexpr std::size_t kUserNameBytesMax = 64;

bool is_user_name(std::string_view name) {
  return !name.empty() && name.size() <= kUserNameBytesMax && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

Problem read_uid(const std::string& text, std::vector<std::uint32_t>& into) {
  const auto uid = parse_whole(text);
  if (!uid || *uid > kUidMax) return in_quotes(text) + " is no user's number: `id -u NAME` says it";
  if (*uid == kNobody)
    return "65534 stands for every user that the kernel does not show, as in a unit with PrivateUsers=";
  into.push_back(static_cast<std::uint32_t>(*uid));
  return {};
}

}  // namespace

Kind uids(const Field<std::map<std::string, std::vector<std::uint32_t>>>& field) {
  return {[field](const Value& value, Config& config) -> Problem {
            if (value.shape != Shape::kMap) return "must be names with lists of users, such as {crawler: [1000]}";
            std::map<std::string, std::vector<std::uint32_t>> read;
            std::map<std::uint32_t, std::string> names;
            for (const auto& [name, items] : value.entries) {
              if (!is_user_name(name)) return in_quotes(name) + " must be 1 to 64 letters, digits, '.', '_' or '-'";
              std::vector<std::uint32_t>& users = read[name];
              for (const std::string& item : items)
                if (Problem problem = read_uid(item, users)) return problem;
              for (const std::uint32_t uid : users)
                if (const auto [other, is_new] = names.emplace(uid, name); !is_new && other->second != name)
                  return std::to_string(uid) + " is both " + other->second + " and " + name;
            }
            field.write(config) = std::move(read);
            return {};
          },
          [field](const Config& config) {
            std::string out;
            for (const auto& [name, users] : field.read(config)) {
              out += (out.empty() ? "" : ", ") + double_quoted(name) + ": [";
              for (const std::uint32_t uid : users) out += (out.ends_with('[') ? "" : ", ") + std::to_string(uid);
              out += "]";
            }
            return "{" + out + "}";
          }};
}

Kind count(const Field<std::uint64_t>& field, std::uint64_t min, std::uint64_t max) {
  return {[=](const Value& value, Config& config) -> Problem {
            if (Problem problem = want_text(value, "must be a whole number")) return problem;
            const auto number = parse_whole(value.text);
            if (!number) return number.error().message();
            if (*number < min || *number > max)
              return out_of_range(value.text, std::to_string(min), std::to_string(max));
            field.write(config) = *number;
            return {};
          },
          [field](const Config& config) { return std::to_string(field.read(config)); }};
}

Kind size(const Field<std::uint64_t>& field, std::uint64_t min, std::uint64_t max) {
  return {[=](const Value& value, Config& config) -> Problem {
            if (Problem problem = want_text(value, "must be a size, such as 16MiB")) return problem;
            const auto bytes = parse_size(value.text);
            if (!bytes) return bytes.error().message();
            if (*bytes < min || *bytes > max) return out_of_range(value.text, format_size(min), format_size(max));
            field.write(config) = *bytes;
            return {};
          },
          [field](const Config& config) { return format_size(field.read(config)); }};
}

Kind duration(const Field<std::int64_t>& field, Zero zero) {
  return {[=](const Value& value, Config& config) -> Problem {
            if (Problem problem = want_text(value, "must be a duration, such as 30s")) return problem;
            const auto ms = parse_duration_ms(value.text);
            if (!ms) return ms.error().message();
            if (Problem problem = check_duration(value.text, *ms)) return problem;
            if (*ms == 0 && zero == Zero::kRefused) return "must not be 0: this one cannot be switched off";
            field.write(config) = *ms;
            return {};
          },
          [field](const Config& config) { return format_duration(field.read(config)); }};
}

Kind directory(const Field<std::string>& field) {
  return {[field](const Value& value, Config& config) -> Problem {
            if (Problem problem = want_text(value, "must be a directory's path")) return problem;
            if (value.text.empty()) return "must not be empty";
            if (has_control(value.text)) return in_quotes(value.text) + " has a control character";
            field.write(config) = value.text;
            return {};
          },
          [field](const Config& config) { return print_path(field.read(config)); }};
}

Kind file(const Field<std::string>& field) {
  return {[field](const Value& value, Config& config) -> Problem {
            if (Problem problem = want_text(value, "must be a file's path, or \"\" for none")) return problem;
            if (has_control(value.text)) return in_quotes(value.text) + " has a control character";
            field.write(config) = value.text;
            return {};
          },
          [field](const Config& config) { return print_path(field.read(config)); }};
}

Kind log_destination(const Field<std::string>& field) {
  static constexpr std::string_view kExpected = "must be auto, stderr, journald or a file's path (with a /)";
  return {[field](const Value& value, Config& config) -> Problem {
            if (Problem problem = want_text(value, kExpected)) return problem;
            const bool word = value.text == "auto" || value.text == "stderr" || value.text == "journald";
            // Without the slash a misspelt word would be a file in the working directory.
            if (!word && value.text.find('/') == std::string::npos) return std::string(kExpected);
            if (has_control(value.text)) return in_quotes(value.text) + " has a control character";
            field.write(config) = value.text;
            return {};
          },
          [field](const Config& config) {
            const std::string& where = field.read(config);
            return where.find('/') == std::string::npos ? where : print_path(where);
          }};
}

Kind sync_policy() {
  static constexpr std::string_view kExpected = "must be always, never or a duration, such as 1s";
  return {[](const Value& value, Config& config) -> Problem {
            if (Problem problem = want_text(value, kExpected)) return problem;
            if (value.text == "always" || value.text == "never") {
              config.spool.sync = value.text == "always" ? SyncPolicy::kAlways : SyncPolicy::kNever;
              config.spool.sync_interval_ms = 0;
              return {};
            }
            const auto ms = parse_duration_ms(value.text);
            if (!ms) return std::string(kExpected) + "; " + ms.error().message();
            if (Problem problem = check_duration(value.text, *ms)) return problem;
            if (*ms == 0) return "must not be 0: write always";
            config.spool.sync = SyncPolicy::kInterval;
            config.spool.sync_interval_ms = *ms;
            return {};
          },
          [](const Config& config) -> std::string {
            if (config.spool.sync == SyncPolicy::kInterval) return format_duration(config.spool.sync_interval_ms);
            return config.spool.sync == SyncPolicy::kAlways ? "always" : "never";
          }};
}

Kind thread_count() {
  static constexpr std::string_view kExpected = "must be auto or 1 to 64";
  static constexpr std::uint64_t kThreadsMax = 64;
  return {[](const Value& value, Config& config) -> Problem {
            if (Problem problem = want_text(value, kExpected)) return problem;
            const auto number = parse_whole(value.text);
            if (value.text != "auto" && (!number || *number < 1 || *number > kThreadsMax))
              return std::string(kExpected) + ", not " + in_quotes(value.text);
            config.io_threads = value.text == "auto" ? 0 : static_cast<unsigned>(*number);
            return {};
          },
          [](const Config& config) { return config.io_threads == 0 ? "auto" : std::to_string(config.io_threads); }};
}

}  // namespace crawlspool::config
