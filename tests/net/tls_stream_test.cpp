#include "daemon/net/tls_stream.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

namespace crawlspool::net {
namespace {

using End = ReadResult::End;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

// Writes PATH.pem and PATH.key, which belong together.
void make_pair(const std::string& path) {
  const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
  X509_set_pubkey(made.get(), key.get());
  X509_sign(made.get(), key.get(), EVP_sha256());
  const std::unique_ptr<BIO, decltype(&BIO_free)> certificate(BIO_new_file((path + ".pem").c_str(), "w"), BIO_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> secret(BIO_new_file((path + ".key").c_str(), "w"), BIO_free);
  ASSERT_EQ(PEM_write_bio_X509(certificate.get(), made.get()), 1);
  ASSERT_EQ(PEM_write_bio_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr), 1);
  ASSERT_EQ(::chmod((path + ".key").c_str(), 0600), 0);
}

// A server's stream and OpenSSL's own client over a socket pair; both are driven by this one thread.
class TlsStreamTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory = ::testing::TempDir() + "tlsXXXXXX";
    ASSERT_NE(::mkdtemp(directory.data()), nullptr);
    make_pair(directory + "/own");
    auto context = TlsContext::load(options());
    ASSERT_TRUE(context) << context.error().message();
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    client_fd = base::UniqueFd(ends[1]);
    server = std::make_unique<TlsStream>(base::UniqueFd(ends[0]), **context);
    client_context.reset(SSL_CTX_new(TLS_client_method()));
    client.reset(SSL_new(client_context.get()));
    SSL_set_fd(client.get(), client_fd.get());
    SSL_set_connect_state(client.get());
  }
  void TearDown() override { std::filesystem::remove_all(directory); }

  [[nodiscard]] TlsOptions options() const {
    TlsOptions options;
    options.certificate = directory + "/own.pem";
    options.key = directory + "/own.key";
    return options;
  }
  void shake_hands() {
    for (int round = 0; round < 8; ++round) {
      static_cast<void>(SSL_do_handshake(client.get()));
      EXPECT_EQ(server->read(into).end, End::kAgain);
    }
    ASSERT_EQ(SSL_is_init_finished(client.get()), 1);
    ASSERT_EQ(server->handshake_ms_max(), 0);
  }
  void send_raw(std::string_view bytes) {
    ASSERT_EQ(::send(client_fd.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  }

  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::string directory;
  std::array<char, 4096> into{};
  base::UniqueFd client_fd;
  std::unique_ptr<TlsStream> server;
  std::unique_ptr<SSL_CTX, Free> client_context;
  std::unique_ptr<SSL, Free> client;
};

TEST_F(TlsStreamTest, BytesThatStandDecryptedAreToldOf) {
  shake_hands();
  const std::string sent(16384, 'x');
  ASSERT_EQ(SSL_write(client.get(), sent.data(), 16384), 16384);
  std::size_t got = 0;
  do {
    const ReadResult result = server->read(into);
    ASSERT_EQ(result.end, End::kNone);
    got += result.bytes;
  } while (got < sent.size() && server->has_buffered_input());
  EXPECT_EQ(got, sent.size());
  EXPECT_EQ(server->read(into).end, End::kAgain);
  EXPECT_FALSE(server->has_buffered_input());
}

TEST_F(TlsStreamTest, TheEndBehindTheLastBytesIsToldOf) {
  shake_hands();
  ASSERT_EQ(SSL_write(client.get(), "last", 4), 4);
  ASSERT_EQ(SSL_shutdown(client.get()), 0);
  EXPECT_EQ(server->read(into).bytes, 4U);
  EXPECT_TRUE(server->has_buffered_input());
  EXPECT_EQ(server->read(into).end, End::kEof);
}

TEST_F(TlsStreamTest, AnEndWithoutTheEndOfTlsIsBroken) {
  shake_hands();
  ASSERT_EQ(::shutdown(client_fd.get(), SHUT_RDWR), 0);
  EXPECT_EQ(server->read(into).end, End::kBroken);
  EXPECT_EQ(server->failure(), "");
}

TEST_F(TlsStreamTest, PlainBytesAreNamed) {
  send_raw("{\"crawlspool\":1}\n{\"a\":1}\n");
  EXPECT_EQ(server->read(into).end, End::kBroken);
  EXPECT_EQ(server->failure(), "these are no bytes of TLS: the client must use tls://");
}

TEST_F(TlsStreamTest, KeyOfAnotherCertificateIsRefused) {
  make_pair(directory + "/other");
  TlsOptions wrong = options();
  wrong.key = directory + "/other.key";
  const auto context = TlsContext::load(wrong);
  ASSERT_FALSE(context);
  EXPECT_NE(context.error().message().find("other.key"), std::string::npos) << context.error().message();
}

}  // namespace
}  // namespace crawlspool::net
