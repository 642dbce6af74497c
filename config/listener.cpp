#include "config/listener.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "config/nearest.h"
#include "config/units.h"
#include "daemon/base/text.h"
#include "proto/names.h"

namespace crawlspool::config {
namespace {

using base::Result;

// Puts a setting's value in its place; what the value must be instead, if it is none.
using Take = std::string (*)(const std::string& value, ListenerSettings& settings);

struct Setting {
  std::string_view name;
  Take take;
};

std::string take_mode(const std::string& value, ListenerSettings& settings) {
  constexpr const char* kExpected = "must be a file's rights in octal, from 0600 to 0777";
  mode_t mode = 0;
  const char* const end = value.data() + value.size();
  const auto [stopped, error] = std::from_chars(value.data(), end, mode, 8);
  if (error != std::errc{} || stopped != end || mode < 0600 || mode > 0777) return kExpected;
  settings.mode = mode;
  return {};
}

std::string take_group(const std::string& value, ListenerSettings& settings) {
  if (value.empty()) return "must be the name of a group";
  settings.group = value;
  return {};
}

std::string take_client(const std::string& value, ListenerSettings& settings) {
  if (!proto::is_client_name(value)) return proto::kClientNameRule;
  settings.client = value;
  return {};
}

std::string take_stream(const std::string& value, ListenerSettings& settings) {
  if (!proto::is_stream_name(value)) return proto::kStreamNameRule;
  settings.stream = value;
  return {};
}

std::string take_strip(const std::string& value, ListenerSettings& settings) {
  if (value.empty()) return "must be what is taken off the end of a key, as in strip=:items";
  settings.strip = value;
  return {};
}

std::string take_answers(const std::string& value, ListenerSettings& settings) {
  if (value != "yes" && value != "no") return "must be yes or no";
  settings.answers = value == "yes";
  return {};
}

std::string take_ack(const std::string& value, ListenerSettings& settings) {
  if (value != "yes" && value != "no") return "must be yes or no";
  settings.ack = value == "yes";
  return {};
}

std::string take_buffer(const std::string& value, ListenerSettings& settings) {
  constexpr std::uint64_t kMin = 4 * 1024;
  constexpr std::uint64_t kMax = 1024 * 1024 * 1024;
  const auto bytes = parse_size(value);
  if (!bytes || *bytes < kMin || *bytes > kMax) return "must be a size from 4KiB to 1GiB, as in buffer=4MiB";
  settings.buffer_bytes = *bytes;
  return {};
}

std::string take_allow_from(const std::string& value, ListenerSettings& settings) {
  constexpr const char* kExpected = "must be addresses or blocks of them with commas, as in 10.0.0.0/8,2001:db8::/32";
  std::string_view rest = value;
  while (true) {
    const std::string_view text = rest.substr(0, rest.find(','));
    const auto block = base::AddressBlock::parse(text);
    if (!block) return std::string(kExpected) + " (" + block.error().message() + ")";
    settings.allow_from.push_back(*block);
    if (text.size() == rest.size()) return {};
    rest.remove_prefix(text.size() + 1);
  }
}

std::string take_proxy(const std::string& value, ListenerSettings& settings) {
  if (value != "required") return "must be required: a port with PROXY headers takes no connection without one";
  settings.proxy = true;
  return {};
}

template <std::string ListenerSettings::*kFile>
std::string take_file(const std::string& value, ListenerSettings& settings) {
  if (value.empty()) return "must be a file's path";
  settings.*kFile = value;
  return {};
}

std::string take_verify(const std::string& value, ListenerSettings& settings) {
  if (value == "none")
    settings.verify = TlsVerify::kNone;
  else if (value == "wanted")
    settings.verify = TlsVerify::kWanted;
  else if (value == "required")
    settings.verify = TlsVerify::kRequired;
  else
    return "must be none, wanted or required";
  return {};
}

std::string take_charset(const std::string& value, ListenerSettings& settings) {
  if (const auto charset = proto::find_charset(value)) {
    settings.decoding.charset = *charset;
    return {};
  }
  std::vector<std::string_view> words;
  words.reserve(proto::kAllCharsets.size());
  for (const proto::Charset charset : proto::kAllCharsets) words.push_back(word(charset));
  return std::string(proto::kCharsetRule) + " (did you mean " + std::string(nearest(value, words)) + "?)";
}

std::string take_charset_errors(const std::string& value, ListenerSettings& settings) {
  if (value != "reject" && value != "replace") return "must be reject or replace";
  settings.decoding.replaces = value == "replace";
  return {};
}

constexpr std::array kSettings{
    Setting{"certificate", take_file<&ListenerSettings::certificate>},
    Setting{"client_ca", take_file<&ListenerSettings::client_ca>},
    Setting{"crl", take_file<&ListenerSettings::crl>},
    Setting{"key", take_file<&ListenerSettings::key>},
    Setting{"verify", take_verify},
    Setting{"ack", take_ack},
    Setting{"allow_from", take_allow_from},
    Setting{"answers", take_answers},
    Setting{"buffer", take_buffer},
    Setting{"charset", take_charset},
    Setting{"charset_errors", take_charset_errors},
    Setting{"client", take_client},
    Setting{"group", take_group},
    Setting{"mode", take_mode},
    Setting{"proxy", take_proxy},
    Setting{"stream", take_stream},
    Setting{"strip", take_strip},
};
constexpr std::string_view kUnixSettings = "mode group";
constexpr std::string_view kTcpSettings = "proxy";
constexpr std::string_view kUdpSettings = "buffer allow_from ack";
constexpr std::string_view kUnixDatagramSettings = "mode group ack";
constexpr std::string_view kTlsSettings = "certificate key client_ca crl verify";

template <class F>
constexpr void for_each_word(std::string_view words, F&& take) {
  while (!words.empty()) {
    const std::size_t end = words.find(' ');
    take(words.substr(0, end));
    words.remove_prefix(end == std::string_view::npos ? words.size() : end + 1);
  }
}

constexpr const Setting* find_setting(std::string_view name) {
  for (const Setting& setting : kSettings)
    if (setting.name == name) return &setting;
  return nullptr;
}

constexpr bool are_settings(std::string_view words) {
  bool are_all = true;
  for_each_word(words, [&](std::string_view name) { are_all = are_all && find_setting(name) != nullptr; });
  return are_all;
}

static_assert(are_settings(kUnixSettings) && are_settings(kTcpSettings) && are_settings(kTlsSettings) &&
                  are_settings(kUdpSettings) && are_settings(kUnixDatagramSettings) &&
                  std::all_of(proto::kInputs.begin(), proto::kInputs.end(),
                              [](const auto& input) { return are_settings(input.settings); }),
              "each setting that proto::kInputs names is one of kSettings");

std::string_view carrier_settings(const base::Endpoint& at) {
  if (at.is_datagram()) return at.is_unix() ? kUnixDatagramSettings : kUdpSettings;
  return at.is_unix() ? kUnixSettings : kTcpSettings;
}

std::vector<std::string_view> settings_of(proto::Input input, const Listener& listener) {
  std::vector<std::string_view> names;
  const auto add = [&names](std::string_view name) { names.push_back(name); };
  for_each_word(carrier_settings(listener.at), add);
  if (listener.at.is_tls()) for_each_word(kTlsSettings, add);
  for_each_word(info(input).settings, add);
  return names;
}

tl::unexpected<base::Error> bad(std::string_view url, const std::string& what) {
  return base::fail(base::ErrorCode::kConfig, in_quotes(url) + " " + what);
}

std::string unknown(std::string_view name, const std::vector<std::string_view>& known) {
  const std::string what = "has an unknown setting " + in_quotes(name);
  if (known.empty()) return what + ": a listener of this kind has none";
  return what + " (did you mean " + std::string(nearest(name, known)) + "?)";
}

// Takes one `name=value`; what is wrong with it, if so.
std::string take_setting(std::string_view text, const std::vector<std::string_view>& known,
                         ListenerSettings& settings) {
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  if (std::find(known.begin(), known.end(), name) == known.end()) return unknown(name, known);
  if (equals == std::string_view::npos) return "has no value for " + std::string(name) + ": write NAME=VALUE";
  const auto value = base::decode_percents(text.substr(equals + 1));
  if (!value) return "has a value for " + std::string(name) + " that is not percent-encoded";
  const std::string expected = find_setting(name)->take(*value, settings);
  if (expected.empty()) return {};
  return "has " + in_quotes(*value) + " for " + std::string(name) + ", which " +
         (expected.starts_with("must") ? "" : "must be ") + expected;
}

// What settings that are right by themselves cannot be together, or for this input.
std::string contradiction(proto::Input input, const ListenerSettings& settings) {
  const std::string charset(word(settings.decoding.charset));
  if (word(input) == "lines" && !has_lines(settings.decoding.charset))
    return "has " + charset +
           " for charset, in which no byte ends a line; a listener of stream or http takes it, where a " +
           "record is a message";
  return {};
}

// A carrier brings what its input takes: a stream of bytes, or messages.
std::string mismatch(proto::Input input, const base::Endpoint& at) {
  if (at.is_datagram() != has_connections(input)) return {};
  const std::string key(listen_key(input));
  return at.is_datagram() ? "carries datagrams, and " + key + " takes tcp://, tls:// or unix://"
                          : "carries no datagrams, and " + key + " takes udp:// or unix-dgram://";
}

// An answer to anyone would let a forged sender have it sent to others.
std::string unbounded_ack(const Listener& listener) {
  if (!listener.settings.ack || listener.at.is_unix() || !listener.settings.allow_from.empty()) return {};
  return "has ack=yes without allow_from: name the addresses that may be answered, as in allow_from=10.0.0.0/8";
}

}  // namespace

Result<Listener> parse_listener(proto::Input input, std::string_view url) {
  const std::size_t question = url.find('?');
  Listener listener;
  CRAWLSPOOL_TRY_AS(listener.at, base::Endpoint::parse(url.substr(0, question)));
  if (const std::string what = mismatch(input, listener.at); !what.empty()) return bad(url, what);
  if (question == std::string_view::npos) return listener;
  const std::vector<std::string_view> known = settings_of(input, listener);
  std::vector<std::string_view> seen;
  std::string_view rest = url.substr(question + 1);
  while (true) {
    const std::size_t end = rest.find('&');
    const std::string_view text = rest.substr(0, end);
    if (const std::string what = take_setting(text, known, listener.settings); !what.empty()) return bad(url, what);
    const std::string_view name = text.substr(0, text.find('='));
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) return bad(url, "has " + std::string(name) + " twice");
    seen.push_back(name);
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  if (const std::string what = contradiction(input, listener.settings); !what.empty()) return bad(url, what);
  if (const std::string what = unbounded_ack(listener); !what.empty()) return bad(url, what);
  return listener;
}

Tls tls_of(const Tls& tls, const ListenerSettings& settings) {
  const auto first_of = [](const std::string& own, const std::string& common) { return own.empty() ? common : own; };
  Tls merged = tls;
  merged.certificate = first_of(settings.certificate, tls.certificate);
  merged.key = first_of(settings.key, tls.key);
  merged.client_ca = first_of(settings.client_ca, tls.client_ca);
  merged.crl = first_of(settings.crl, tls.crl);
  merged.client = settings.verify.value_or(tls.client);
  return merged;
}

bool has_any_port(const base::Endpoint& at) { return !at.is_unix() && at.to_string().ends_with(":0"); }

}  // namespace crawlspool::config
