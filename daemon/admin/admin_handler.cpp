#include "daemon/admin/admin_handler.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/base/authority.h"
#include "daemon/connection/channel.h"
#include "daemon/connection/io_loop.h"
#include "daemon/inputs/http/authorization.h"

namespace crawlspool::admin {
namespace {

constexpr std::uint64_t kBodyBytesMax = 4096;
constexpr int kRetryAfterS = 1;

// The page takes nothing from elsewhere, and is shown in no other.
constexpr std::string_view kPageHeaders =
    "Cache-Control: no-cache\r\n"
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n";
constexpr std::string_view kFigureHeaders =
    "Cache-Control: no-store\r\n"
    "X-Content-Type-Options: nosniff\r\n";

http::Response text_response(int status, std::string_view text) {
  http::Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::string(text) + "\n";
  if (status == 503) response.retry_after_s = kRetryAfterS;
  return response;
}

}  // namespace

AdminHandler::AdminHandler(http::HttpProtocol& http, AdminPort& port, AdminBackend& backend)
    : http_(http), connection_(http.connection()), port_(port), backend_(backend) {
  source_.connection = connection_.id();
  port_.enter(*this);
}

AdminHandler::~AdminHandler() { port_.leave(*this); }

const AdminHandler::Route AdminHandler::kRoutes[] = {
    {"/livez", &AdminHandler::answer_liveness},  {"/readyz", &AdminHandler::answer_readiness},
    {"/status", &AdminHandler::answer_status},   {"/connections", &AdminHandler::answer_connections},
    {"/rejects", &AdminHandler::answer_rejects}, {"/events", &AdminHandler::answer_events},
    {"/metrics", &AdminHandler::answer_metrics},
};

const AdminHandler::Route* AdminHandler::find_route(std::string_view path) {
  const auto* const found =
      std::find_if(std::begin(kRoutes), std::end(kRoutes), [path](const Route& route) { return route.path == path; });
  return found == std::end(kRoutes) ? nullptr : found;
}

std::optional<http::Response> AdminHandler::check(const http::RequestHead& head, std::uint64_t& body_bytes_max) {
  body_bytes_max = kBodyBytesMax;
  if (!is_trusted_host(head))
    return http::error_response(421, "foreign_host",
                                "the admin port answers to addresses, to localhost and to the names in admin.hosts of "
                                "crawlspoold.yaml, not to " +
                                    head.host);
  if (find_route(head.path) == nullptr && find_page_file(head.path) == nullptr)
    return http::error_response(404, "not_found",
                                "there are /, /livez, /readyz, /status, /connections, /rejects, /events and /metrics");
  if (head.method != "GET" && head.method != "HEAD") {
    http::Response response = http::error_response(405, "method_not_allowed", "only GET and HEAD");
    response.allow = "GET, HEAD";
    return response;
  }
  return judge_operator(head);
}

// Whether the daemon lives and serves is no secret, and who asks that has no token.
std::optional<http::Response> AdminHandler::judge_operator(const http::RequestHead& head) {
  if (head.path == "/livez" || head.path == "/readyz") return std::nullopt;
  const auto token = http::token_of(head.authorization);
  const auto refusal =
      connection_.io().shared().authenticator.refuse_operator(connection::channel_of(connection_), token);
  if (!refusal) return std::nullopt;
  return http::refusal_response(connection_, *refusal, http::Asks::kBrowsers);
}

// A name could be pointed here by anyone who owns it; an address or localhost cannot.
bool AdminHandler::is_trusted_host(const http::RequestHead& head) const {
  if (head.host.empty()) return true;  // HTTP/1.0 without one
  if (head.host == "localhost" || base::is_address(head.host)) return true;
  const auto& hosts = connection_.io().config()->admin.hosts;
  return std::any_of(hosts.begin(), hosts.end(),
                     [&](const std::string& host) { return host == head.host || host == head.host + ":" + head.port; });
}

void AdminHandler::serve(const http::RequestHead& head, std::string) {
  if (const Route* const route = find_route(head.path)) return (this->*route->answer)();
  answer_page(*find_page_file(head.path), head.if_none_match);
}

void AdminHandler::answer(http::Response response) {
  http_.respond(std::move(response));
  port_.relieve_memory(*this);
}

void AdminHandler::answer_page(const PageFile& file, std::string_view known_etag) {
  http::Response response;
  response.more_headers = kPageHeaders;
  response.etag = file.etag;
  response.content_type = file.content_type;
  if (known_etag == file.etag)
    response.status = 304;
  else
    response.body = file.content;
  answer(std::move(response));
}

void AdminHandler::answer_json(std::string json) {
  http::Response response;
  response.more_headers = kFigureHeaders;
  response.body = std::move(json) + "\n";
  answer(std::move(response));
}

// The answer may come when the peer has left, or when the request was answered in another way.
AdminBackend::OnText AdminHandler::json_answerer() {
  return [&port = port_, id = connection_.id(), request = http_.request()](std::string json) {
    if (AdminHandler* const handler = port.find(id)) handler->answer_later(request, std::move(json));
  };
}

void AdminHandler::answer_later(std::uint64_t request, std::string json) {
  const connection::Connection::Turn turn(connection_);
  if (http_.is_serving() && request == http_.request()) answer_json(std::move(json));
}

void AdminHandler::answer_status() { answer_json(backend_.status_json()); }
void AdminHandler::answer_events() { answer_json(backend_.events_json()); }
void AdminHandler::answer_connections() { backend_.connections_json(json_answerer()); }
void AdminHandler::answer_rejects() { backend_.rejects_json(json_answerer()); }

void AdminHandler::answer_metrics() {
  http::Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = backend_.metrics_text();
  answer(std::move(response));
}

void AdminHandler::answer_liveness() { answer(text_response(200, backend_.state())); }

void AdminHandler::answer_readiness() {
  const std::string_view state = backend_.state();
  if (state != "ok") return answer(text_response(503, state));
  if (backend_.has_synced_lately()) return answer(text_response(200, state));
  connection_.io().appender().request_probe();
  probing_request_ = http_.request();
  connection_.io().appender().advance(source_, {++probes_});
}

// The probe waits for room; the question does not. No other question is about the disk.
void AdminHandler::on_spool_waits() { answer_awaited_probe(); }
bool AdminHandler::on_spool_failed() {
  answer_awaited_probe();
  return true;
}

void AdminHandler::on_synced(std::uint64_t probe) {
  if (probe == probes_) answer_awaited_probe();
}

void AdminHandler::answer_awaited_probe() {
  const auto request = std::exchange(probing_request_, std::nullopt);
  if (!http_.is_serving() || request != http_.request()) return;
  const std::string_view state = backend_.state();
  answer(text_response(state == "ok" ? 200 : 503, state));
}

}  // namespace crawlspool::admin
