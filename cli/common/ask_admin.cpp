#include "cli/common/ask_admin.h"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <string_view>
#include <vector>

namespace crawlspool::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::uint64_t kBodyBytesMax = 16 * 1024 * 1024;

// Finds its refusal of what looks like HTTP (PROTOCOL.md, "Other protocols"), which is a frame.
bool is_stream_listener(std::string_view answer) { return answer.find("\"wrong_protocol\"") != std::string_view::npos; }

// Runs one asynchronous step to its end: only those have a deadline in Beast.
class Exchange {
 public:
  Exchange(asio::io_context& loop, int timeout_ms) : loop_(loop), stream(loop), timeout_(timeout_ms) {}

  template <class Start>
  boost::system::error_code wait_for(Start start) {
    boost::system::error_code result;
    stream.expires_after(timeout_);
    start([&result](boost::system::error_code error, auto&&...) { result = error; });
    loop_.restart();
    loop_.run();
    return result;
  }

 private:
  asio::io_context& loop_;

 public:
  beast::basic_stream<asio::generic::stream_protocol> stream;

 private:
  std::chrono::milliseconds timeout_;
};

using Endpoint = asio::generic::stream_protocol::endpoint;

std::vector<Endpoint> look_up(asio::io_context& loop, const Address& server, boost::system::error_code& error) {
  if (server.unix_socket) return {asio::local::stream_protocol::endpoint(server.unix_socket->path())};
  std::vector<Endpoint> endpoints;
  for (const auto& found : asio::ip::tcp::resolver(loop).resolve(server.host, server.port, error))
    endpoints.emplace_back(found.endpoint());
  return endpoints;
}

constexpr unsigned kMisdirected = 421;  // the server does not go by that name

base::Result<std::string> wrong_listener(const Address& server, const std::string& what) {
  return base::fail(base::ErrorCode::kIo, server.to_string() + " is a crawlspoold's " + what +
                                              ", not its admin listener, which is http://HOST:8942 unless "
                                              "listen.admin says otherwise; name it with --admin");
}

}  // namespace

base::Result<HttpAnswer> http_get(const Address& server, const std::string& path, int timeout_ms) {
  const auto failed = [&](const char* what, const boost::system::error_code& error) {
    return base::fail(base::ErrorCode::kIo, std::string(what) + " " + server.url("http") + ": " + error.message());
  };
  asio::io_context loop;
  boost::system::error_code error;
  const std::vector<Endpoint> endpoints = look_up(loop, server, error);
  if (error) return failed("cannot find", error);

  Exchange exchange(loop, timeout_ms);
  error = exchange.wait_for([&](auto done) { exchange.stream.async_connect(endpoints, done); });
  if (error) return failed("cannot connect to", error);

  http::request<http::empty_body> request(http::verb::get, path, 11);
  request.set(http::field::host, server.unix_socket ? server.host : server.to_string());
  request.set(http::field::user_agent, "crawlspool");
  request.keep_alive(false);
  error = exchange.wait_for([&](auto done) { http::async_write(exchange.stream, request, done); });
  if (error) return failed("cannot ask", error);

  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kBodyBytesMax);
  error = exchange.wait_for([&](auto done) { http::async_read(exchange.stream, buffer, parser, done); });
  if (error && is_stream_listener(std::string_view(static_cast<const char*>(buffer.data().data()), buffer.size())))
    return HttpAnswer{0, {}};
  if (error) return failed("no proper answer from", error);
  return HttpAnswer{parser.get().result_int(), parser.get().body()};
}

base::Result<std::string> ask_admin(const Address& server, const std::string& path, int timeout_ms) {
  CRAWLSPOOL_TRY_AS(auto answer, http_get(server, path, timeout_ms));
  if (answer.status == 200) return std::move(answer.body);
  if (answer.status == 0) return wrong_listener(server, "stream listener");
  if (answer.body.find("/v1/records") != std::string::npos) return wrong_listener(server, "HTTP listener for records");
  if (answer.status == kMisdirected)
    return base::fail(base::ErrorCode::kIo, "the daemon at " + server.to_string() + " is not asked by the name " +
                                                server.host + " (421): list it in admin.hosts of its " +
                                                "crawlspoold.yaml, or ask by an address");
  return base::fail(base::ErrorCode::kIo, server.url("http") + path + " answers " + std::to_string(answer.status) +
                                              "; is it a crawlspoold's admin listener?");
}

}  // namespace crawlspool::cli
