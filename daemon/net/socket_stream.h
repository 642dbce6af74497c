// Owns a connected stream socket: TCP over IPv4 or IPv6, or unix.
#pragma once

#include "daemon/base/unique_fd.h"
#include "daemon/net/byte_stream.h"

namespace crawlspool::net {

class SocketStream final : public ByteStream {
 public:
  // Takes over a connected descriptor that does not block. TCP goes without Nagle's delay, and with keepalive.
  explicit SocketStream(base::UniqueFd fd);

  [[nodiscard]] int descriptor() const override { return fd_.get(); }
  [[nodiscard]] ReadResult read(std::span<char> into) override;
  [[nodiscard]] WriteResult write(std::string_view bytes) override;
  void shut_sending_side() override;

 private:
  base::UniqueFd fd_;
};

}  // namespace crawlspool::net
