// Owns one connection to a stream listener, from the client's side. Never blocks but in open(). It knows frames and
// replies, and nothing of records.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cli/common/channel.h"
#include "clients/cpp/messages.h"
#include "daemon/base/error.h"
#include "proto/frame_decoder.h"

namespace crawlspool::cli {

class Connection {
 public:
  // Connects as Channel::open() does.
  [[nodiscard]] static base::Result<std::unique_ptr<Connection>> open(const Address& server);

  [[nodiscard]] int fd() const { return channel_.fd(); }  // for poll()

  // Returns the bytes taken, 0 if the socket is full. After an error there may still be something to receive.
  [[nodiscard]] base::Result<std::size_t> write_some(std::string_view bytes);

  // Hands out what has come. Returns false once the server has ended its side. Fails with kDamaged if the server does
  // not speak this protocol.
  [[nodiscard]] base::Result<bool> receive(const std::function<void(const client::Reply&)>& on_reply);

 private:
  Connection(Channel channel, std::string server);
  [[nodiscard]] base::Result<void> decode(std::string_view input,
                                          const std::function<void(const client::Reply&)>& on_reply);

  Channel channel_;
  std::string server_;
  proto::FrameDecoder decoder_;
  std::string buffer_;
};

}  // namespace crawlspool::cli
