#include "daemon/http/admin_connection.h"

#include <arpa/inet.h>

namespace crawlspool::http {
namespace {

constexpr std::uint64_t kBodyBytesMax = 4096;
constexpr int kRetryAfterS = 1;

// A name could be pointed here by anyone who owns it; an address or localhost cannot.
bool is_trusted_host(std::string_view host) {
  if (host.empty()) return true;  // HTTP/1.0 without one
  if (host.starts_with('[')) return host.find(']') != std::string_view::npos;
  const std::string name(host.substr(0, host.rfind(':')));
  in_addr address{};
  return name == "localhost" || ::inet_pton(AF_INET, name.c_str(), &address) == 1;
}

Response text_response(int status, std::string_view text) {
  Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::string(text) + "\n";
  if (status == 503) response.retry_after_s = kRetryAfterS;
  return response;
}

}  // namespace

AdminConnection::AdminConnection(ingest::IoLoop& io, ingest::ConnectionId id, const std::string& peer,
                                 ingest::Admission::Ticket ticket, AdminBackend& backend)
    : HttpConnection(io, id, ingest::Transport::kAdmin, peer, std::move(ticket)), backend_(backend) {
  source_.connection = id;
}

std::optional<Response> AdminConnection::judge(const RequestHead& head, std::uint64_t& body_bytes_max) {
  body_bytes_max = kBodyBytesMax;
  if (!is_trusted_host(head.host))
    return error_response(421, "foreign_host", "the admin port answers to addresses and localhost only");
  if (head.path != "/livez" && head.path != "/readyz" && head.path != "/status" && head.path != "/metrics")
    return error_response(404, "not_found", "there are /livez, /readyz, /status and /metrics");
  if (head.method != "GET" && head.method != "HEAD") {
    Response response = error_response(405, "method_not_allowed", "only GET and HEAD");
    response.allow = "GET, HEAD";
    return response;
  }
  return std::nullopt;
}

void AdminConnection::serve(const RequestHead& head, std::string) {
  if (head.path == "/status") {
    Response response;
    response.body = backend_.status_json() + "\n";
    return respond(std::move(response));
  }
  if (head.path == "/metrics") {
    Response response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = backend_.metrics_text();
    return respond(std::move(response));
  }
  if (head.path == "/livez") return respond(text_response(200, backend_.state()));
  answer_readiness();
}

void AdminConnection::answer_readiness() {
  const std::string_view state = backend_.state();
  if (state != "ok") return respond(text_response(503, state));
  if (backend_.has_synced_lately()) return respond(text_response(200, state));
  io().appender().request_probe();
  io().appender().settle(source_, {++probes_});
}

// The probe waits for room; the question does not.
void AdminConnection::disk_full() { settled(probes_); }

void AdminConnection::settled(std::uint64_t) {
  if (!is_serving()) return;
  const std::string_view state = backend_.state();
  respond(text_response(state == "ok" ? 200 : 503, state));
}

}  // namespace crawlspool::http
