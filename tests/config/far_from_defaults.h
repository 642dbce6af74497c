// A configuration in which no key has its default.
#pragma once

#include "config/model.h"

namespace crawlspool::config::test {

inline Config far_from_defaults() {
  Config config;
  for (const proto::Input input : proto::kAllInputs)
    if (info(input).default_url.empty())
      config.listen[input] = {(has_connections(input) ? "unix:///run/" : "unix-dgram:///run/") +
                              std::string(word(input)) + ".sock?mode=0600"};
    else
      config.listen[input] = {};
  config.listen[proto::input("stream")] = {"tcp://0.0.0.0:1", "tcp://[::]:2"};
  config.proxy_from = {"10.0.0.0/8", "::1"};
  config.http.origins = {"https://tool.example", "chrome-extension://abc", "http://[::1]:8080"};
  config.admin.hosts = {"crawl-7.example", "crawlspoold:8942"};
  config.tls = {"/etc/a b.pem",       "/etc/b.key",    "/etc/c.pem",      "/etc/d.pem",
                TlsVerify::kRequired, TlsVersion::k13, TlsIdentity::kSan, 1};
  config.auth = {"/etc/tokens.yaml", AuthRequired::kNo,       true, {{"crawler", {1000, 1001}}, {"b", {0}}},
                 {"worker-*"},       "/etc/admin-tokens.yaml"};
  config.limits = {0, 0, 3, 1, kFrameBytesMax, 1'000'000, 1000, 3 * kTiB, 7};
  config.timeouts = {0, 1, 90'000, 86'400'000, 3'600'000};
  config.spool.directory = "/srv/a b: \"c\" #d \\ é";
  config.spool.sync = SyncPolicy::kInterval;
  config.spool.sync_interval_ms = 1500;
  config.spool.segment_bytes_max = 1;
  config.spool.segment_age_ms_max = 0;
  config.spool.compression = Compression::kNone;
  config.spool.keep_free_bytes = 0;
  config.spool.retention_bytes_max = 5 * kGiB;
  config.spool.retention_age_ms_max = 1000;
  config.spool.retention_ignores_cursors = true;
  config.spool.rejected_bytes_max = 12345;
  config.spool.sessions_max = 7;
  config.spool.session_age_ms_max = 0;
  config.log = {base::LogLevel::kDebug, base::LogFormat::kJson, "./a log"};
  config.io_threads = 64;
  return config;
}

}  // namespace crawlspool::config::test
