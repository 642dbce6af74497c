#include "config/keys.h"

#include <algorithm>

#include "config/units.h"

namespace crawlspool::config {
namespace {

constexpr std::uint64_t kConnectionsMax = 10'000'000;
constexpr std::uint64_t kSessionsMax = 100'000'000;
constexpr std::uint64_t kDepthMax = 1000;
constexpr std::uint64_t kBatchRecordsMax = 1'000'000;
constexpr bool kNeedsRestart = true;
constexpr std::uint64_t kAmplificationMax = 1'000'000;
constexpr std::uint64_t kAnySize = 1024 * 1024 * kTiB;  // more than any disk; the loops' sums of it stay below 2^64

void add_listen(std::vector<Key>& table) {
  for (const proto::Input input : proto::kAllInputs) {
    const Field<std::vector<std::string>> field{
        [input](Config& config) -> std::vector<std::string>& { return config.listen[input]; },
        [input](const Config& config) -> const std::vector<std::string>& { return config.listen[input]; }};
    table.push_back({listen_key(input), listeners(input, field), kNeedsRestart});
  }
  const Field<std::vector<std::string>> proxy_from{
      [](Config& config) -> std::vector<std::string>& { return config.proxy_from; },
      [](const Config& config) -> const std::vector<std::string>& { return config.proxy_from; }};
  table.push_back({"listen.proxy_from", address_blocks(proxy_from), kNeedsRestart});
}

void add_http(std::vector<Key>& table) {
  table.push_back({"http.origins", origins(at(&Config::http, &Http::origins))});
}

void add_admin(std::vector<Key>& table) { table.push_back({"admin.hosts", hosts(at(&Config::admin, &Admin::hosts))}); }

void add_tls(std::vector<Key>& table) {
  table.push_back({"tls.certificate", file(at(&Config::tls, &Tls::certificate)), kNeedsRestart});
  table.push_back({"tls.key", file(at(&Config::tls, &Tls::key)), kNeedsRestart});
  table.push_back(
      {"tls.client",
       choice(at(&Config::tls, &Tls::client),
              {{"none", TlsVerify::kNone}, {"wanted", TlsVerify::kWanted}, {"required", TlsVerify::kRequired}}),
       kNeedsRestart});
  table.push_back({"tls.client_ca", file(at(&Config::tls, &Tls::client_ca)), kNeedsRestart});
  table.push_back({"tls.crl", file(at(&Config::tls, &Tls::crl)), kNeedsRestart});
  table.push_back({"tls.min_version",
                   choice(at(&Config::tls, &Tls::min_version), {{"1.2", TlsVersion::k12}, {"1.3", TlsVersion::k13}}),
                   kNeedsRestart});
  table.push_back({"tls.identity",
                   choice(at(&Config::tls, &Tls::identity),
                          {{"none", TlsIdentity::kNone}, {"cn", TlsIdentity::kCn}, {"san", TlsIdentity::kSan}}),
                   kNeedsRestart});
  table.push_back({"tls.handshake", duration(at(&Config::tls, &Tls::handshake_ms), Zero::kRefused), kNeedsRestart});
}

void add_auth(std::vector<Key>& table) {
  table.push_back({"auth.tokens", file(at(&Config::auth, &Auth::tokens)), kNeedsRestart});
  table.push_back({"auth.required", choice(at(&Config::auth, &Auth::required), {{"auto", AuthRequired::kAuto},
                                                                                {"true", AuthRequired::kYes},
                                                                                {"false", AuthRequired::kNo}})});
  table.push_back(
      {"auth.plain_tokens", choice(at(&Config::auth, &Auth::plain_tokens), {{"true", true}, {"false", false}})});
  table.push_back({"auth.uids", uids(at(&Config::auth, &Auth::uids))});
  table.push_back({"auth.plain_clients", patterns(at(&Config::auth, &Auth::plain_clients))});
  table.push_back({"auth.admin_tokens", file(at(&Config::auth, &Auth::admin_tokens)), kNeedsRestart});
}

void add_limits(std::vector<Key>& table) {
  const auto limit = [](std::uint64_t Limits::*member) { return at(&Config::limits, member); };
  table.push_back({"limits.connections_max", count(limit(&Limits::connections_max), 0, kConnectionsMax)});
  table.push_back({"limits.connections_per_ip_max", count(limit(&Limits::connections_per_ip_max), 0, kConnectionsMax)});
  table.push_back(
      {"limits.connections_per_client_max", count(limit(&Limits::connections_per_client_max), 0, kConnectionsMax)});
  table.push_back({"limits.record_bytes_max", size(limit(&Limits::record_bytes_max), 1, kFrameBytesMax)});
  table.push_back({"limits.batch_bytes_max", size(limit(&Limits::batch_bytes_max), 1, kFrameBytesMax)});
  table.push_back({"limits.batch_records_max", count(limit(&Limits::batch_records_max), 1, kBatchRecordsMax)});
  table.push_back({"limits.record_depth_max", count(limit(&Limits::record_depth_max), 1, kDepthMax)});
  table.push_back({"limits.memory_bytes_max", size(limit(&Limits::memory_bytes_max), 1, kAnySize)});
  table.push_back({"limits.amplification_max", count(limit(&Limits::amplification_max), 0, kAmplificationMax)});
}

void add_timeouts(std::vector<Key>& table) {
  table.push_back({"timeouts.idle", duration(at(&Config::timeouts, &Timeouts::idle_ms), Zero::kAllowed)});
  table.push_back({"timeouts.frame", duration(at(&Config::timeouts, &Timeouts::frame_ms), Zero::kRefused)});
  table.push_back({"timeouts.write", duration(at(&Config::timeouts, &Timeouts::write_ms), Zero::kRefused)});
  table.push_back({"timeouts.drain", duration(at(&Config::timeouts, &Timeouts::drain_ms), Zero::kRefused)});
  table.push_back({"timeouts.connection", duration(at(&Config::timeouts, &Timeouts::connection_ms), Zero::kAllowed)});
}

void add_spool(std::vector<Key>& table) {
  table.push_back({"spool.directory", directory(at(&Config::spool, &Spool::directory)), kNeedsRestart});
  table.push_back({"spool.sync", sync_policy(), kNeedsRestart});
  table.push_back({"spool.segment_bytes_max", size(at(&Config::spool, &Spool::segment_bytes_max), 0, kAnySize)});
  table.push_back({"spool.segment_age_max", duration(at(&Config::spool, &Spool::segment_age_ms_max), Zero::kAllowed)});
  table.push_back({"spool.compression", choice(at(&Config::spool, &Spool::compression),
                                               {{"zstd", Compression::kZstd}, {"none", Compression::kNone}})});
  table.push_back({"spool.keep_free_bytes", size(at(&Config::spool, &Spool::keep_free_bytes), 0, kAnySize)});
  table.push_back({"spool.retention_bytes_max", size(at(&Config::spool, &Spool::retention_bytes_max), 0, kAnySize)});
  table.push_back(
      {"spool.retention_age_max", duration(at(&Config::spool, &Spool::retention_age_ms_max), Zero::kAllowed)});
  table.push_back({"spool.retention_ignores_cursors",
                   choice(at(&Config::spool, &Spool::retention_ignores_cursors), {{"true", true}, {"false", false}})});
  table.push_back({"spool.rejected_bytes_max", size(at(&Config::spool, &Spool::rejected_bytes_max), 0, kAnySize)});
  table.push_back({"spool.sessions_max", count(at(&Config::spool, &Spool::sessions_max), 0, kSessionsMax)});
  table.push_back({"spool.session_age_max", duration(at(&Config::spool, &Spool::session_age_ms_max), Zero::kAllowed)});
}

void add_log(std::vector<Key>& table) {
  using base::LogFormat;
  using base::LogLevel;
  using base::LogOptions;
  table.push_back({"log.level", choice(at(&Config::log, &LogOptions::level), {{"debug", LogLevel::kDebug},
                                                                              {"info", LogLevel::kInfo},
                                                                              {"warn", LogLevel::kWarn},
                                                                              {"error", LogLevel::kError}})});
  table.push_back(
      {"log.format",
       choice(at(&Config::log, &LogOptions::format), {{"logfmt", LogFormat::kLogfmt}, {"json", LogFormat::kJson}}),
       kNeedsRestart});
  table.push_back({"log.destination", log_destination(at(&Config::log, &LogOptions::destination)), kNeedsRestart});
}

std::vector<Key> make_table() {
  std::vector<Key> table;
  add_listen(table);
  add_http(table);
  add_admin(table);
  add_tls(table);
  add_auth(table);
  add_limits(table);
  add_timeouts(table);
  add_spool(table);
  add_log(table);
  table.push_back({"io_threads", thread_count(), kNeedsRestart});
  return table;
}

}  // namespace

std::string_view Key::section() const {
  const std::size_t dot = name.find('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
}

std::string_view Key::leaf() const { return name.substr(name.find('.') + 1); }  // npos + 1 is 0: the whole name

const std::vector<Key>& keys() {
  static const std::vector<Key> table = make_table();
  return table;
}

const Key* find_key(std::string_view name) {
  const auto key = std::find_if(keys().begin(), keys().end(), [name](const Key& k) { return k.name == name; });
  return key == keys().end() ? nullptr : &*key;
}

bool is_section(std::string_view name) {
  const auto names = section_names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string_view> section_names() {
  std::vector<std::string_view> names;
  for (const Key& key : keys())
    if (!key.section().empty() && (names.empty() || names.back() != key.section())) names.push_back(key.section());
  return names;
}

std::vector<std::string_view> key_names() {
  std::vector<std::string_view> names;
  for (const Key& key : keys()) names.push_back(key.name);
  return names;
}

}  // namespace crawlspool::config
