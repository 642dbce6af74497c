// Makes TLS as a client speaks it, of PEM files: by what a server's certificate is checked, and which one the command
// shows. The files are read when a context is made. On any thread; a context may be shared by connections of one
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "daemon/base/error.h"

struct ssl_ctx_st;
struct ssl_st;

namespace crawlspool::cli {

// Paths. Empty: the system's CAs, no certificate, and a key that stands in the certificate's file.
struct TlsFiles {
  std::string ca;  // or a directory
  std::string certificate;
  std::string key;

  [[nodiscard]] bool empty() const { return ca.empty() && certificate.empty() && key.empty(); }
};

struct TlsSettings {
  TlsFiles files;
  // In place of CAs and the server's name: the file of the certificate that a daemon of this machine shows. Only the
  // first one in it is taken, and whether it is over is not looked at. Empty: not.
  std::string own_certificate;
};

struct FreeTls {
  void operator()(ssl_ctx_st* context) const;
  void operator()(ssl_st* connection) const;
};
using TlsConnection = std::unique_ptr<ssl_st, FreeTls>;

// Returns when the first certificate of a PEM file ends, in seconds since 1970. The error names the file.
[[nodiscard]] base::Result<std::int64_t> certificate_end_s(const std::string& path);

class TlsContext {
 public:
  // Fails with kUsage and what is wrong with which file.
  [[nodiscard]] static base::Result<std::shared_ptr<const TlsContext>> make(const TlsSettings& settings);

  // Returns TLS on a socket, connected or connecting, which outlives it; the handshake is to come. `host` is the
  // server's name or address, which its certificate has to have.
  [[nodiscard]] base::Result<TlsConnection> begin(int fd, const std::string& host) const;

  // Says what the last failure on this connection means, and what helps; OpenSSL's queue of errors is empty afterwards.
  [[nodiscard]] std::string explain(const ssl_st* connection) const;

 private:
  explicit TlsContext(TlsSettings settings) : settings_(std::move(settings)) {}
  [[nodiscard]] base::Result<void> load_trust();
  [[nodiscard]] base::Result<void> load_own_certificate();
  [[nodiscard]] base::Result<void> load_client_certificate();
  [[nodiscard]] std::string explain_certificate(long result) const;

  TlsSettings settings_;
  std::unique_ptr<ssl_ctx_st, FreeTls> context_;
};

}  // namespace crawlspool::cli
