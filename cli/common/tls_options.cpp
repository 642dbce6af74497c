#include "cli/common/tls_options.h"

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "cli/common/console.h"

namespace crawlspool::cli {
namespace {

std::string given(const std::string& option, const char* variable) {
  if (!option.empty()) return option;
  const char* const value = std::getenv(variable);
  return value != nullptr ? value : "";
}

}  // namespace

void add_tls_options(CLI::App& command, TlsFiles& files) {
  command.add_option("--tls-ca", files.ca, "With tls://, the CAs' certificates (PEM), instead of the system's")
      ->type_name("FILE");
  command.add_option("--tls-certificate", files.certificate, "With tls://, the certificate to show (PEM)")
      ->type_name("FILE");
  command.add_option("--tls-key", files.key, "The key of that certificate (PEM)")->type_name("FILE");
}

base::Result<Address> with_tls_files(Address server, const TlsFiles& options) {
  if (!server.tls) {
    if (options.empty()) return server;
    return base::fail(base::ErrorCode::kUsage,
                      "--tls-ca, --tls-certificate and --tls-key go with tls://HOST:PORT, and " +
                          shown(server.to_string()) + " is spoken to without TLS");
  }
  TlsFiles& files = server.tls->files;
  files.ca = given(options.ca, "CRAWLSPOOL_TLS_CA");
  files.certificate = given(options.certificate, "CRAWLSPOOL_TLS_CERTIFICATE");
  files.key = given(options.key, "CRAWLSPOOL_TLS_KEY");
  if (!files.ca.empty()) server.tls->own_certificate.clear();
  CRAWLSPOOL_TRY(TlsContext::make(*server.tls));
  return server;
}

}  // namespace crawlspool::cli
