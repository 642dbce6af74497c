#include "daemon/server/tls_port.h"

#include <sys/stat.h>

#include <utility>

#include "daemon/base/log.h"

namespace crawlspool::server {
namespace {

using Verify = net::TlsOptions::Verify;

Verify verify_of(config::TlsVerify verify) {
  switch (verify) {
    case config::TlsVerify::kNone:
      return Verify::kNone;
    case config::TlsVerify::kWanted:
      return Verify::kWanted;
    case config::TlsVerify::kRequired:
      break;
  }
  return Verify::kRequired;
}

net::TlsOptions::Identity identity_of(config::TlsIdentity identity) {
  using Identity = net::TlsOptions::Identity;
  switch (identity) {
    case config::TlsIdentity::kNone:
      return Identity::kNone;
    case config::TlsIdentity::kCn:
      return Identity::kCn;
    case config::TlsIdentity::kSan:
      break;
  }
  return Identity::kSan;
}

}  // namespace

net::TlsOptions tls_options(const config::Tls& tls, proto::Input input) {
  net::TlsOptions options;
  options.certificate = tls.certificate;
  options.key = tls.key;
  options.client_ca = tls.client_ca;
  options.crl = tls.crl;
  options.verify = verify_of(tls.client);
  options.identity = identity_of(tls.identity);
  options.is_13_least = tls.min_version == config::TlsVersion::k13;
  options.is_http = info(input).is_http;
  options.handshake_ms_max = tls.handshake_ms;
  return options;
}

bool TlsPort::Stamp::operator==(const Stamp& other) const {
  return inode == other.inode && bytes == other.bytes && changed.tv_sec == other.changed.tv_sec &&
         changed.tv_nsec == other.changed.tv_nsec;
}

base::Result<std::shared_ptr<TlsPort>> TlsPort::open(net::TlsOptions options, const base::Clock& clock) {
  std::shared_ptr<TlsPort> port(new TlsPort(std::move(options), clock));
  port->seen_ = port->stamps();
  port->looked_ms_ = port->now_ms();
  CRAWLSPOOL_TRY_AS(port->context_, net::TlsContext::load(port->options_));
  return port;
}

TlsPort::Stamps TlsPort::stamps() const {
  Stamps stamps;
  std::size_t at = 0;
  for (const std::string* path : {&options_.certificate, &options_.key, &options_.client_ca, &options_.crl}) {
    struct stat file {};
    if (!path->empty() && ::stat(path->c_str(), &file) == 0) stamps.at(at) = {file.st_ino, file.st_size, file.st_mtim};
    ++at;
  }
  return stamps;
}

std::shared_ptr<const net::TlsContext> TlsPort::context() const {
  const std::lock_guard lock(swapping_);
  return context_;
}

void TlsPort::look() {
  const std::lock_guard lock(reading_);
  if (now_ms() - looked_ms_ < kLookMs) return;
  looked_ms_ = now_ms();
  if (stamps() != seen_) reload_locked();
}

void TlsPort::reload() {
  const std::lock_guard lock(reading_);
  reload_locked();
}

void TlsPort::reload_locked() {
  looked_ms_ = now_ms();
  const Stamps before = std::exchange(seen_, stamps());
  auto renewed = net::TlsContext::load(options_);
  if (!renewed) return base::log_error("tls_reload_failed", {{"detail", renewed.error().message()}});
  {
    const std::lock_guard lock(swapping_);
    context_.swap(*renewed);
  }
  if (seen_ != before) base::log_info("tls_reloaded", {{"certificate", options_.certificate}});
}

}  // namespace crawlspool::server
