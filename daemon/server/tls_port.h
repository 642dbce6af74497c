// Owns what one listener's TLS connections are made with, and takes a renewed certificate for those to come. Open
// connections keep theirs. Thread-safe: connections are made on the first loop's thread, the files read on others.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <ctime>
#include <memory>
#include <mutex>
#include <string>

#include "config/listener.h"
#include "daemon/base/clock.h"
#include "daemon/base/error.h"
#include "daemon/net/tls_context.h"

namespace crawlspool::server {

class TlsPort {
 public:
  static constexpr std::int64_t kLookMs = 10'000;  // between two looks at the files

  // kConfig as net::TlsContext::load() has it. `clock` outlives the port.
  [[nodiscard]] static base::Result<std::shared_ptr<TlsPort>> open(net::TlsOptions options, const base::Clock& clock);

  // Returns what the next connection is made with.
  [[nodiscard]] std::shared_ptr<const net::TlsContext> context() const;
  // Takes the files where one has changed since they were read; where they cannot be used, what was there stays, and
  // the log says why. Looks every kLookMs at most. May wait for a disk.
  void look();
  // Does the same whatever has changed.
  void reload();
  [[nodiscard]] std::int64_t not_after_s() const { return context()->not_after_s(); }

 private:
  // Distinguishes one content of a file from another.
  struct Stamp {
    ino_t inode = 0;
    off_t bytes = 0;
    timespec changed{};
    bool operator==(const Stamp& other) const;
  };
  using Stamps = std::array<Stamp, 4>;

  TlsPort(net::TlsOptions options, const base::Clock& clock) : options_(std::move(options)), clock_(clock) {}
  [[nodiscard]] Stamps stamps() const;
  void reload_locked();
  [[nodiscard]] std::int64_t now_ms() const { return clock_.monotonic_us() / 1000; }

  const net::TlsOptions options_;
  const base::Clock& clock_;
  std::mutex reading_;  // held while the files are read; of the two below
  Stamps seen_;         // of the files when they were read last, usable or not
  std::int64_t looked_ms_ = 0;
  mutable std::mutex swapping_;  // held for a pointer's copy alone
  std::shared_ptr<const net::TlsContext> context_;
};

[[nodiscard]] net::TlsOptions tls_options(const config::Tls& tls, proto::Input input);

}  // namespace crawlspool::server
