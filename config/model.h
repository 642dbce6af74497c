// The daemon's configuration as values: every key with its default. Made by the loader, constant afterwards.
// Durations in milliseconds, sizes in bytes. What 0 means is said for each key in config/crawlspoold.yaml.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "proto/inputs.h"

namespace crawlspool::config {

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;
inline constexpr std::uint64_t kTiB = 1024 * kGiB;

// A frame's header has 28 bits for its payload's length (PROTOCOL.md, Frame).
inline constexpr std::uint64_t kFrameBytesMax = (std::uint64_t{1} << 28) - 1;

// What the daemon has open beside its connections: the spool, the loops, the listeners, the log.
inline constexpr std::uint64_t kOwnDescriptors = 64;

// The listeners of each input, as listener.h reads them.
using Listen = proto::PerInput<std::vector<std::string>>;

// Each input at its default address, where it has one.
[[nodiscard]] Listen default_listen();

// The key that names an input's listeners: listen.NAME.
[[nodiscard]] std::string_view listen_key(proto::Input input);

struct Http {
  std::vector<std::string> origins;  // lower case
};

struct Admin {
  std::vector<std::string> hosts;  // lower case
};

enum class TlsVerify { kNone, kWanted, kRequired };
enum class TlsVersion { k12, k13 };
// What of a client's certificate is its name.
enum class TlsIdentity { kNone, kCn, kSan };

// Files are PEM. What a listener's own settings say comes first: tls_of() in listener.h.
struct Tls {
  std::string certificate;
  std::string key;
  std::string client_ca;
  std::string crl;
  TlsVerify client = TlsVerify::kNone;
  TlsVersion min_version = TlsVersion::k12;
  TlsIdentity identity = TlsIdentity::kNone;
  std::int64_t handshake_ms = 10 * 1000;
};

// Whether senders must say who they are; kAuto: where there is a file of tokens.
enum class AuthRequired { kAuto, kYes, kNo };

struct Auth {
  std::string tokens;  // a file; empty: there are none
  AuthRequired required = AuthRequired::kAuto;
  bool plain_tokens = false;
  std::map<std::string, std::vector<std::uint32_t>> uids;  // name: users of this machine, over unix sockets
  std::vector<std::string> plain_clients;                  // patterns, with tls.identity
  std::string admin_tokens;                                // a file; empty: the admin port asks for none

  [[nodiscard]] bool is_required() const {
    return required == AuthRequired::kYes || (required == AuthRequired::kAuto && !tokens.empty());
  }
};

struct Limits {
  std::uint64_t connections_max = 10000;
  std::uint64_t connections_per_ip_max = 1024;
  std::uint64_t connections_per_client_max = 64;  // 0: no limit
  std::uint64_t record_bytes_max = 16 * kMiB;
  std::uint64_t batch_bytes_max = 32 * kMiB;
  std::uint64_t batch_records_max = 65536;
  std::uint64_t record_depth_max = 200;
  std::uint64_t memory_bytes_max = 512 * kMiB;
  std::uint64_t amplification_max = 200;  // 0: no limit
};

struct Timeouts {
  std::int64_t idle_ms = 5 * 60 * 1000;
  std::int64_t frame_ms = 30 * 1000;
  std::int64_t write_ms = 30 * 1000;
  std::int64_t drain_ms = 10 * 1000;
  std::int64_t connection_ms = 0;  // 0: no limit
};

enum class SyncPolicy { kAlways, kInterval, kNever };
enum class Compression { kZstd, kNone };

struct Spool {
  std::string directory = "/var/spool/crawlspool";
  SyncPolicy sync = SyncPolicy::kAlways;
  std::int64_t sync_interval_ms = 0;             // with kInterval
  std::uint64_t segment_bytes_max = 256 * kMiB;  // 0: no limit
  std::int64_t segment_age_ms_max = 60 * 60 * 1000;
  Compression compression = Compression::kZstd;
  std::uint64_t keep_free_bytes = 1 * kGiB;
  std::uint64_t retention_bytes_max = 0;  // 0: no limit
  std::int64_t retention_age_ms_max = 0;
  bool retention_ignores_cursors = false;
  std::uint64_t rejected_bytes_max = 64 * kMiB;
  std::uint64_t sessions_max = 100'000;  // 0: no limit
  std::int64_t session_age_ms_max = 30LL * 24 * 60 * 60 * 1000;
};

struct Config {
  Listen listen = default_listen();
  std::vector<std::string> proxy_from;  // blocks of addresses: the balancers whose PROXY headers are believed
  Http http;
  Admin admin;
  Tls tls;
  Auth auth;
  Limits limits;
  Timeouts timeouts;
  Spool spool;
  base::LogOptions log;
  unsigned io_threads = 0;  // 0: auto
};

}  // namespace crawlspool::config
