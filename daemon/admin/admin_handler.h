// Answers the admin port: the page, and what it and others ask: /livez, /readyz, /status, /connections, /rejects,
// /events, /metrics. For operators and their tools on this machine; a request whose Host is a foreign name is turned
// away, so that a web page cannot reach it through a name that points here. Source: systemd/OPERATIONS.md, "The admin
// port".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/admin/admin_port.h"
#include "daemon/admin/page_files.h"
#include "daemon/commit/appender.h"
#include "daemon/inputs/http/http_protocol.h"

namespace crawlspool::admin {

// Supplies what the daemon says of itself. Used on loop 0's thread.
class AdminBackend {
 public:
  using OnText = std::function<void(std::string)>;

  [[nodiscard]] virtual std::string status_json() = 0;
  [[nodiscard]] virtual std::string metrics_text() = 0;
  [[nodiscard]] virtual std::string events_json() = 0;
  // These call back now or in a later turn.
  virtual void connections_json(OnText on_text) = 0;
  virtual void rejects_json(OnText on_text) = 0;
  [[nodiscard]] virtual std::string_view state() = 0;  // ok, slow, disk_full, no_descriptors, draining, failed
  // A write was synced within the last second.
  [[nodiscard]] virtual bool has_synced_lately() = 0;

 protected:
  ~AdminBackend() = default;
};

class AdminHandler final : public http::Handler {
 public:
  // `http` owns it; `port` and `backend` outlive it.
  AdminHandler(http::HttpProtocol& http, AdminPort& port, AdminBackend& backend);
  ~AdminHandler() override;

  // Answers `request` if it is still the one being served.
  void answer_later(std::uint64_t request, std::string json);

  [[nodiscard]] base::ConnectionId connection_id() const { return connection_.id(); }
  [[nodiscard]] const std::string& peer() const { return connection_.peer().text; }
  [[nodiscard]] bool is_closed() const { return connection_.link().is_closed(); }
  [[nodiscard]] std::int64_t silent_since_ms() const { return connection_.link().times().last_activity_ms; }
  [[nodiscard]] bool has_unsent_answer() const { return connection_.link().unsent_bytes() > 0; }
  // Closes the connection at once, to make room for others.
  void make_way() { connection_.close_now("made_way"); }

 private:
  struct Route {
    std::string_view path;
    void (AdminHandler::*answer)();
  };
  static const Route kRoutes[];
  [[nodiscard]] static const Route* find_route(std::string_view path);

  std::optional<http::Response> check(const http::RequestHead& head, std::uint64_t& body_bytes_max) override;
  [[nodiscard]] std::optional<http::Response> judge_operator(const http::RequestHead& head);
  [[nodiscard]] bool is_trusted_host(const http::RequestHead& head) const;
  void serve(const http::RequestHead& head, std::string body) override;
  void on_synced(std::uint64_t probe) override;
  void on_spool_waits() override;
  bool on_spool_failed() override;

  void answer(http::Response response);
  void answer_liveness();
  void answer_readiness();
  void answer_awaited_probe();
  void answer_status();
  void answer_metrics();
  void answer_connections();
  void answer_rejects();
  void answer_events();
  void answer_page(const PageFile& file, std::string_view known_etag);
  void answer_json(std::string json);
  [[nodiscard]] AdminBackend::OnText json_answerer();

  http::HttpProtocol& http_;
  connection::Connection& connection_;
  AdminPort& port_;
  AdminBackend& backend_;
  commit::RecordSource source_;
  std::uint64_t probes_ = 0;
  std::optional<std::uint64_t> probing_request_;  // waits for the last probe
};

}  // namespace crawlspool::admin
