// Reads the PROXY header of one connection, which comes before anything else, and not a byte behind it. Owns the
// connection's descriptor until then. Used on a loop's thread.
#pragma once

#include <string_view>

#include "daemon/base/unique_fd.h"
#include "daemon/net/poll.h"
#include "daemon/net/proxy_header.h"
#include "daemon/net/timer.h"

namespace crawlspool::net {

class ProxyReader final : private PollHandler {
 public:
  static constexpr std::uint64_t kTimeMaxMs = 5000;

  // Learns how it ended: once. May destroy the reader within the call.
  class Owner {
   public:
    virtual void on_proxy_header(ProxyReader& reader) = 0;
    virtual void on_no_proxy_header(ProxyReader& reader, std::string_view why) = 0;

   protected:
    ~Owner() = default;
  };

  // `fd` is connected and does not block. `owner` outlives the reader.
  ProxyReader(Loop& loop, base::UniqueFd fd, Owner& owner);

  // Begins. kIo: the descriptor cannot be watched.
  [[nodiscard]] base::Result<void> start(Loop& loop);

  // After on_proxy_header(): as ProxyHeaderDecoder has it, and the connection behind the header.
  [[nodiscard]] const std::optional<base::Endpoint>& source() const { return decoder_.source(); }
  [[nodiscard]] base::UniqueFd take_connection();

 private:
  void on_ready(Ready ready) override;

  base::UniqueFd fd_;
  Owner& owner_;
  ProxyHeaderDecoder decoder_;
  std::unique_ptr<Poll> poll_;
  Timer timer_;
};

}  // namespace crawlspool::net
