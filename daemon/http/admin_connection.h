// The admin port: /livez, /readyz, /status, /metrics. For operators and their tools on this machine; a request whose Host is a
// foreign name is turned away, so that a web page cannot reach it through a name that points here.
#pragma once

#include <string>
#include <string_view>

#include "daemon/http/http_connection.h"
#include "daemon/ingest/appender.h"

namespace crawlspool::http {

// What the daemon says of itself. On loop 0's thread.
class AdminBackend {
 public:
  [[nodiscard]] virtual std::string status_json() = 0;
  [[nodiscard]] virtual std::string metrics_text() = 0;
  [[nodiscard]] virtual std::string_view state() = 0;  // ok, disk_full, draining, failed
  // A write was synced within the last second.
  [[nodiscard]] virtual bool has_synced_lately() = 0;

 protected:
  ~AdminBackend() = default;
};

class AdminConnection final : public HttpConnection {
 public:
  // `backend` outlives it.
  AdminConnection(ingest::IoLoop& io, ingest::ConnectionId id, const std::string& peer,
                  ingest::Admission::Ticket ticket, AdminBackend& backend);

  void settled(std::uint64_t seq) override;
  void disk_full() override;

 private:
  std::optional<Response> judge(const RequestHead& head, std::uint64_t& body_bytes_max) override;
  void serve(const RequestHead& head, std::string body) override;
  void answer_readiness();

  AdminBackend& backend_;
  ingest::RecordSource source_;
  std::uint64_t probes_ = 0;
};

}  // namespace crawlspool::http
