// A server of TLS on loopback, with a certificate that is made on the spot and is its own CA.
#pragma once

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "tests/cli/bench/listening.h"

namespace crawlspool::cli {

// Writes PATH.pem and PATH.key: for this name, over after so many seconds.
inline void make_certificate(const std::string& path, const std::string& name, long seconds) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
  X509_set_version(made.get(), X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), seconds);
  X509_set_pubkey(made.get(), key.get());
  X509_NAME* const subject = X509_get_subject_name(made.get());
  const auto* const text = reinterpret_cast<const unsigned char*>(name.c_str());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, text, -1, -1, 0);
  X509_set_issuer_name(made.get(), subject);
  X509_sign(made.get(), key.get(), EVP_sha256());
  const std::unique_ptr<BIO, decltype(&BIO_free)> certificate(BIO_new_file((path + ".pem").c_str(), "w"), BIO_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> secret(BIO_new_file((path + ".key").c_str(), "w"), BIO_free);
  EXPECT_EQ(PEM_write_bio_X509(certificate.get(), made.get()), 1);
  EXPECT_EQ(PEM_write_bio_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr), 1);
}

// Takes one connection in a thread of its own, and shakes hands.
class TlsListening {
 public:
  // `serve` is called once the handshake is over.
  TlsListening(const std::string& path, std::function<void(ssl_st*)> serve)
      : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free), serve_(std::move(serve)) {
    EXPECT_EQ(SSL_CTX_use_certificate_chain_file(context_.get(), (path + ".pem").c_str()), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey_file(context_.get(), (path + ".key").c_str(), SSL_FILETYPE_PEM), 1);
    thread_ = std::thread([this] { run(); });
  }
  ~TlsListening() { thread_.join(); }
  TlsListening(const TlsListening&) = delete;
  TlsListening& operator=(const TlsListening&) = delete;

  [[nodiscard]] std::string address() const { return listening_.at().to_string(); }

 private:
  void run() {
    const bench::Accepted peer = listening_.accept();
    const int bytes = 65536;  // and no more by itself, whatever the machine's limit is
    EXPECT_EQ(::setsockopt(peer.fd(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes), 0);
    const std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context_.get()), SSL_free);
    SSL_set_fd(tls.get(), peer.fd());
    if (SSL_accept(tls.get()) == 1) serve_(tls.get());
  }

  bench::Listening listening_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::function<void(ssl_st*)> serve_;
  std::thread thread_;
};

}  // namespace crawlspool::cli
