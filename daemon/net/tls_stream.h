// Carries TLS over a connected stream socket, as its server. Owns the socket and the state of TLS, and knows what
// either direction waits for. Reads ahead, so that input may be here where the socket has none: has_buffered_input().
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>

#include "daemon/net/byte_stream.h"
#include "daemon/net/socket_stream.h"
#include "daemon/net/tls_context.h"

namespace crawlspool::net {

class TlsStream final : public ByteStream {
 public:
  // Takes over a connected descriptor that does not block; the handshake is done by the first reads or writes.
  TlsStream(base::UniqueFd fd, const TlsContext& context);

  [[nodiscard]] int descriptor() const override { return socket_.descriptor(); }
  [[nodiscard]] ReadResult read(std::span<char> into) override;
  [[nodiscard]] WriteResult write(std::string_view bytes) override;
  [[nodiscard]] Interest interest(Interest wanted) const override;
  [[nodiscard]] Ready meant(Ready ready) const override;
  [[nodiscard]] bool has_buffered_input() const override { return has_buffered_input_; }
  [[nodiscard]] bool is_encrypted() const override { return true; }
  [[nodiscard]] std::string peer_name() const override;
  void shut_sending_side() override;
  [[nodiscard]] std::int64_t handshake_ms_max() const override;
  [[nodiscard]] std::string_view failure() const override { return failure_; }

  // --- of the BIO through which OpenSSL reaches the socket ---
  [[nodiscard]] int read_socket(char* into, int bytes);
  [[nodiscard]] int write_socket(const char* from, int bytes);

 private:
  struct Free {
    void operator()(SSL* ssl) const;
  };
  // What a call of OpenSSL that did not succeed waits for, or that it never will.
  enum class Awaits { kNothing, kInput, kRoom, kEof, kBroken };

  [[nodiscard]] ReadResult read_data(std::span<char> into);
  [[nodiscard]] Awaits awaits_after(int result);
  [[nodiscard]] Awaits fail(std::string why);
  [[nodiscard]] std::string words_of_failure() const;

  SocketStream socket_;
  const std::int64_t handshake_ms_max_;
  const TlsOptions::Identity identity_;
  bool socket_is_empty_ = false;  // by the latest read of it
  bool socket_has_ended_ = false;
  bool has_buffered_input_ = false;
  bool read_awaits_room_ = false;
  bool write_awaits_input_ = false;
  int steps_without_data_ = 0;
  std::string failure_;
  std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace crawlspool::net
