// One connection to a stream listener, from the client's side. Never blocks but in open(); knows frames and replies,
// nothing of records.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cli/common/address.h"
#include "clients/cpp/messages.h"
#include "daemon/base/error.h"
#include "daemon/base/unique_fd.h"
#include "proto/frame_decoder.h"

namespace crawlspool::cli {

class Connection {
 public:
  // As dial() does.
  [[nodiscard]] static base::Result<std::unique_ptr<Connection>> open(const Address& server);

  [[nodiscard]] int fd() const { return fd_.get(); }  // for poll()

  // Bytes taken; 0 if the socket is full. An error does not mean that there is nothing left to receive.
  [[nodiscard]] base::Result<std::size_t> write_some(std::string_view bytes);

  // Hands out what has come. False once the server has ended its side. kDamaged: it does not speak this protocol.
  [[nodiscard]] base::Result<bool> receive(const std::function<void(const client::Reply&)>& on_reply);

 private:
  Connection(base::UniqueFd fd, std::string server);
  [[nodiscard]] base::Result<void> decode(std::string_view input,
                                          const std::function<void(const client::Reply&)>& on_reply);

  base::UniqueFd fd_;
  std::string server_;
  proto::FrameDecoder decoder_;
  std::string buffer_;
};

}  // namespace crawlspool::cli
