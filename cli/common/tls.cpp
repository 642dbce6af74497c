#include "cli/common/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <system_error>

#include "cli/common/console.h"

namespace crawlspool::cli {
namespace {

using base::ErrorCode;
using base::fail;
using base::Result;

struct FreeParts {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};

// Returns OpenSSL's word for what went wrong last, and empties its queue.
std::string take_reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* const reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "no reason is given";
}

tl::unexpected<base::Error> bad_file(const char* what, const std::string& path, const std::string& why) {
  ERR_clear_error();
  return fail(ErrorCode::kUsage, std::string("cannot use ") + shown(path) + " as " + what + ": " + why);
}

Result<void> check_readable(const char* what, const std::string& path) {
  if (::access(path.c_str(), R_OK) == 0) return {};
  return bad_file(what, path, std::generic_category().message(errno));
}

bool is_directory(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// A key that has a password is refused: nobody is there to be asked.
int no_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return 0; }

bool is_address(const std::string& host) {
  in6_addr any{};
  return ::inet_pton(AF_INET, host.c_str(), &any) == 1 || ::inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

constexpr const char* kPlainInstead = "; a listener without TLS is tcp://HOST:PORT, or http://HOST:PORT";

// Says what one of OpenSSL's reasons means here; empty for those that speak for themselves.
std::string meaning(int reason) {
  switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_HTTP_REQUEST:
      return std::string("the server speaks no TLS there") + kPlainInstead;
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return std::string("the server closed in the handshake") + kPlainInstead;
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      return "the server wants a certificate of this client: see --tls-certificate and --tls-key";
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
      return "the server does not take this client's certificate: see --tls-certificate";
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_UNSUPPORTED_PROTOCOL:
      return "the server and this command have no version of TLS in common";
    default:
      return {};
  }
}

}  // namespace

Result<std::int64_t> certificate_end_s(const std::string& path) {
  const std::unique_ptr<BIO, FreeParts> file(BIO_new_file(path.c_str(), "r"));
  const std::unique_ptr<X509, FreeParts> certificate(file ? PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr)
                                                          : nullptr);
  std::tm end{};
  if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1)
    return bad_file("a certificate", path, take_reason());
  return ::timegm(&end);
}

void FreeTls::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }
void FreeTls::operator()(ssl_st* connection) const { SSL_free(connection); }

Result<std::shared_ptr<const TlsContext>> TlsContext::make(const TlsSettings& settings) {
  const std::shared_ptr<TlsContext> made(new TlsContext(settings));
  made->context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* const context = made->context_.get();
  if (context == nullptr) return fail(ErrorCode::kIo, "TLS cannot be begun: " + take_reason());
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // What is written may have moved and grown by the next attempt.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_default_passwd_cb(context, no_password);
  if (settings.own_certificate.empty()) {
    CRAWLSPOOL_TRY(made->load_trust());
  } else {
    CRAWLSPOOL_TRY(made->load_own_certificate());
  }
  CRAWLSPOOL_TRY(made->load_client_certificate());
  ERR_clear_error();
  return made;
}

// The server's own certificate may stand for its CA's.
Result<void> TlsContext::load_trust() {
  SSL_CTX* const context = context_.get();
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  const std::string& ca = settings_.files.ca;
  if (ca.empty()) {
    SSL_CTX_set_default_verify_paths(context);
    return {};
  }
  constexpr const char* kWhat = "the CAs' certificates (--tls-ca)";
  CRAWLSPOOL_TRY(check_readable(kWhat, ca));
  const int result =
      is_directory(ca) ? SSL_CTX_load_verify_dir(context, ca.c_str()) : SSL_CTX_load_verify_file(context, ca.c_str());
  if (result != 1) return bad_file(kWhat, ca, "it is no PEM file of certificates: " + take_reason());
  return {};
}

Result<void> TlsContext::load_own_certificate() {
  const std::string& path = settings_.own_certificate;
  constexpr const char* kWhat = "what the daemon's certificate is checked by (--tls-ca names another file)";
  CRAWLSPOOL_TRY(check_readable(kWhat, path));
  const std::unique_ptr<BIO, FreeParts> file(BIO_new_file(path.c_str(), "re"));
  const std::unique_ptr<X509, FreeParts> certificate(file ? PEM_read_bio_X509(file.get(), nullptr, no_password, nullptr)
                                                          : nullptr);
  if (!certificate) return bad_file(kWhat, path, "it is no PEM file of certificates: " + take_reason());
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), certificate.get());
  X509_VERIFY_PARAM* const checks = SSL_CTX_get0_param(context_.get());
  X509_VERIFY_PARAM_set_flags(checks, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
  X509_VERIFY_PARAM_set_purpose(checks, X509_PURPOSE_ANY);
  return {};
}

Result<void> TlsContext::load_client_certificate() {
  const TlsFiles& files = settings_.files;
  constexpr const char* kCertificate = "this client's certificate (--tls-certificate)";
  constexpr const char* kKey = "the key of this client's certificate (--tls-key)";
  if (files.certificate.empty()) {
    if (files.key.empty()) return {};
    return fail(ErrorCode::kUsage, "--tls-key goes with --tls-certificate, the certificate of that key");
  }
  SSL_CTX* const context = context_.get();
  CRAWLSPOOL_TRY(check_readable(kCertificate, files.certificate));
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
    return bad_file(kCertificate, files.certificate, "it is no PEM file of a certificate: " + take_reason());
  const std::string& key = files.key.empty() ? files.certificate : files.key;
  CRAWLSPOOL_TRY(check_readable(kKey, key));
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1)
    return bad_file(
        kKey, key,
        "it has to be the PEM file of the key that belongs to the certificate, without a password: " + take_reason());
  return {};
}

Result<TlsConnection> TlsContext::begin(int fd, const std::string& host) const {
  TlsConnection made(SSL_new(context_.get()));
  SSL* const tls = made.get();
  if (tls == nullptr || SSL_set_fd(tls, fd) != 1) return fail(ErrorCode::kIo, "TLS cannot be begun: " + take_reason());
  SSL_set_connect_state(tls);
  const bool by_address = is_address(host);
  if (!by_address)
    SSL_ctrl(tls, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(host.c_str()));
  if (!settings_.own_certificate.empty()) return made;
  const int result =
      by_address ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host.c_str()) : SSL_set1_host(tls, host.c_str());
  if (result != 1) return fail(ErrorCode::kIo, "no certificate can be checked by the name " + shown(host));
  return made;
}

std::string TlsContext::explain(const ssl_st* connection) const {
  const unsigned long code = ERR_peek_error();
  const std::string reason = take_reason();
  if (const long result = SSL_get_verify_result(connection); result != X509_V_OK) return explain_certificate(result);
  if (code == 0) return meaning(SSL_R_UNEXPECTED_EOF_WHILE_READING);
  const std::string means = meaning(ERR_GET_REASON(code));
  return means.empty() ? "TLS: " + reason : means + " (" + reason + ")";
}

std::string TlsContext::explain_certificate(long result) const {
  const std::string said = X509_verify_cert_error_string(result);
  if (!settings_.own_certificate.empty())
    return "the certificate that is shown there is not the one in " + shown(settings_.own_certificate) +
           ", which the daemon's configuration names: is it that daemon, and has it taken a new certificate? "
           "--tls-ca checks by CAs instead";
  switch (result) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "the server's certificate is for another name: " + said + "; use a name that is in it";
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "the server's certificate cannot be used now: " + said + "; it needs a new one, or this clock is wrong";
    default:
      return "the server's certificate is not trusted: " + said + "; it is checked by " +
             (settings_.files.ca.empty() ? "the CAs of this system" : shown(settings_.files.ca)) +
             ", and --tls-ca names a file with its CA's certificate, or with its own";
  }
}

}  // namespace crawlspool::cli
