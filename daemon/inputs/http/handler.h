// Who answers the requests of an HTTP connection: for records, or for operators. Owned by the connection's
// HttpProtocol, through which it answers; used on the loop's thread, within a turn of the connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "daemon/inputs/http/request_head.h"
#include "daemon/inputs/http/response.h"
#include "daemon/intake/record_writer.h"
#include "daemon/session/lease_request.h"

namespace crawlspool::http {

class Handler {
 public:
  Handler() = default;
  virtual ~Handler() = default;
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;

  // Why the request is turned down before its body is read; or nothing, and `body_bytes_max` is set.
  [[nodiscard]] virtual std::optional<Response> check(const RequestHead& head, std::uint64_t& body_bytes_max) = 0;
  // Answers by HttpProtocol::respond(), now or later.
  virtual void serve(const RequestHead& head, std::string body) = 0;
  // After HttpProtocol::continue_next_turn(): that turn, once this may be.
  virtual void continue_serving() {}
  [[nodiscard]] virtual bool may_continue_serving() { return true; }

  // As Protocol has them.
  [[nodiscard]] virtual const intake::RecordWriter* writer() const { return nullptr; }
  [[nodiscard]] virtual std::size_t held_wire_bytes() const { return 0; }
  [[nodiscard]] virtual std::size_t held_bytes() const { return 0; }
  virtual void on_synced(std::uint64_t count) = 0;
  virtual bool on_session(const session::LeaseRequest& /*answered*/) { return false; }
  virtual void on_spool_waits() {}
  // True if the connection goes on all the same.
  virtual bool on_spool_failed() { return false; }
  virtual void on_drain_end() {}
};

}  // namespace crawlspool::http
