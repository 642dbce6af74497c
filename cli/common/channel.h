// Owns one connection's socket and, where the server speaks it, its TLS: bytes go in and come out. Nothing here blocks
// but open(). It knows no protocol above TLS.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cli/common/address.h"
#include "cli/common/tls.h"
#include "daemon/base/error.h"
#include "daemon/base/unique_fd.h"

namespace crawlspool::cli {

// Says with whom TLS is spoken.
struct TlsPeer {
  std::shared_ptr<const TlsContext> context;
  std::string host;
};

class Channel {
 public:
  // Connects as dial() does, and shakes hands in as long again. Fails with kUsage where a file of `server.tls` cannot
  // be used; any other error says what the server was to be and why it was not reached.
  [[nodiscard]] static base::Result<Channel> open(const Address& server, int timeout_ms = kDialTimeoutMs);

  // Takes a socket that is connected or connecting, and does not block. `server` names it in errors. TLS begins with
  // the first bytes that are written.
  [[nodiscard]] static base::Result<Channel> take(base::UniqueFd fd, std::string server,
                                                  const std::optional<TlsPeer>& peer);

  [[nodiscard]] int fd() const { return fd_.get(); }  // for poll()

  // Returns the bytes taken, which is 0 where it has to wait. After that the same bytes have to come next, and more may
  // follow them. After an error there may still be something to read.
  [[nodiscard]] base::Result<std::size_t> write_some(std::string_view bytes);
  // Returns whether the last write waits to hear from the server, instead of for room.
  [[nodiscard]] bool waits_for_input() const { return waits_for_input_; }

  // Returns the bytes that came, 0 at the end; nothing where none are there yet.
  [[nodiscard]] base::Result<std::optional<std::size_t>> read_some(char* buffer, std::size_t size);
  // Returns whether bytes have come that poll() knows nothing of.
  [[nodiscard]] bool has_more() const;

 private:
  Channel(base::UniqueFd fd, std::string server) : fd_(std::move(fd)), server_(std::move(server)) {}
  [[nodiscard]] base::Result<void> shake_hands(int timeout_ms);
  [[nodiscard]] tl::unexpected<base::Error> failed(const std::string& what, int result) const;

  base::UniqueFd fd_;
  std::string server_;
  std::shared_ptr<const TlsContext> context_;
  TlsConnection tls_;  // nothing: plain
  bool waits_for_input_ = false;
};

}  // namespace crawlspool::cli
