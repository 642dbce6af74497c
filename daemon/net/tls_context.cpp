#include "daemon/net/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <string_view>
#include <system_error>

#include "daemon/base/out_of_memory.h"

namespace crawlspool::net {
namespace {

using base::ErrorCode;
using base::fail;
using base::Result;

constexpr std::size_t kReadAheadBytes = 64 * 1024;  // of a connection, while a record is there and not whole
constexpr std::string_view kHttpProtocol("\x08http/1.1", 9);

tl::unexpected<base::Error> bad_file(const std::string& what, const std::string& path) {
  return fail(ErrorCode::kConfig, what + " " + path + ": " + take_tls_error());
}

Result<void> check_rights(const std::string& key) {
  struct stat file {};
  if (::stat(key.c_str(), &file) != 0) return fail(ErrorCode::kConfig, "tls.key " + key, errno);
  if ((file.st_mode & (S_IWGRP | S_IXGRP | S_IRWXO)) != 0)
    return fail(ErrorCode::kConfig, "tls.key " + key + ": others may read it, or its group may change it: chmod 0640");
  return {};
}

// ALPN: a client that asks for other protocols alone is refused.
int choose_http(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* chosen_bytes, const unsigned char* offered,
                unsigned int offered_bytes, void* /*data*/) {
  unsigned char* found = nullptr;
  const int result =
      SSL_select_next_proto(&found, chosen_bytes, reinterpret_cast<const unsigned char*>(kHttpProtocol.data()),
                            static_cast<unsigned>(kHttpProtocol.size()), offered, offered_bytes);
  *chosen = found;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::int64_t seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? static_cast<std::int64_t>(::timegm(&parts)) : 0;
}

}  // namespace

std::string take_tls_error() {
  const unsigned long first = ERR_peek_error();
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  std::string words = reason != nullptr ? reason : "it cannot be read";
  if (ERR_SYSTEM_ERROR(first)) words = std::generic_category().message(ERR_GET_REASON(first));
  ERR_clear_error();
  return words;
}

void TlsContext::Free::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsOptions& options) {
  ERR_clear_error();
  std::shared_ptr<TlsContext> made(new TlsContext);
  made->context_.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* const context = made->context_.get();
  if (context == nullptr) base::out_of_memory();
  made->handshake_ms_max_ = options.handshake_ms_max;
  made->identity_ = options.identity;
  SSL_CTX_set_min_proto_version(context, options.is_13_least ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  // One step a call: what a peer sends that is no data is counted by the caller.
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, kReadAheadBytes);
  if (options.is_http) SSL_CTX_set_alpn_select_cb(context, choose_http, nullptr);
  CRAWLSPOOL_TRY(made->take_own(options));
  CRAWLSPOOL_TRY(made->take_clients(options));
  return made;
}

Result<void> TlsContext::take_own(const TlsOptions& options) {
  CRAWLSPOOL_TRY(check_rights(options.key));
  if (SSL_CTX_use_certificate_chain_file(context_.get(), options.certificate.c_str()) != 1)
    return bad_file("tls.certificate", options.certificate);
  if (SSL_CTX_use_PrivateKey_file(context_.get(), options.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context_.get()) != 1)
    return bad_file("tls.key", options.key);
  not_after_s_ = seconds_of(X509_get0_notAfter(SSL_CTX_get0_certificate(context_.get())));
  return {};
}

Result<void> TlsContext::take_clients(const TlsOptions& options) {
  if (options.verify == TlsOptions::Verify::kNone) return {};
  if (SSL_CTX_load_verify_file(context_.get(), options.client_ca.c_str()) != 1)
    return bad_file("tls.client_ca", options.client_ca);
  auto* const names = SSL_load_client_CA_file(options.client_ca.c_str());
  if (names == nullptr) return bad_file("tls.client_ca", options.client_ca);
  SSL_CTX_set_client_CA_list(context_.get(), names);  // takes it over
  if (!options.crl.empty()) {
    X509_STORE* const store = SSL_CTX_get_cert_store(context_.get());
    auto* const lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    if (lookup == nullptr || X509_load_crl_file(lookup, options.crl.c_str(), X509_FILETYPE_PEM) < 1)
      return bad_file("tls.crl", options.crl);
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
  }
  const int must = options.verify == TlsOptions::Verify::kRequired ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | must, nullptr);
  return {};
}

SSL* TlsContext::new_connection() const {
  SSL* const connection = SSL_new(context_.get());
  if (connection == nullptr) base::out_of_memory();
  return connection;
}

}  // namespace crawlspool::net
