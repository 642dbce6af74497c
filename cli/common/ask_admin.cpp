#include "cli/common/ask_admin.h"

#include <poll.h>

#include <array>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <sstream>
#include <string_view>

#include "cli/common/channel.h"
#include "cli/common/stop_signals.h"

namespace crawlspool::cli {
namespace {

namespace http = boost::beast::http;
using base::Result;

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr int kSliceMs = 100;                  // between two looks at the signals
constexpr const char* kTlsAlert = "\x15\x03";  // how a TLS server answers what is not TLS
constexpr const char* kIsTls = "; it speaks TLS: its address is https://HOST:PORT";
constexpr std::uint64_t kBodyBytesMax = 16 * 1024 * 1024;

// Finds its refusal of what looks like HTTP (PROTOCOL.md, "Other protocols"), which is a frame.
bool is_stream_listener(std::string_view answer) { return answer.find("\"wrong_protocol\"") != std::string_view::npos; }

using Parser = http::response_parser<http::string_body>;

// Drives one connection to the end of its one answer. Every wait has the same deadline from when it begins.
class Exchange {
 public:
  Exchange(Channel& channel, int timeout_ms) : channel_(channel), timeout_ms_(timeout_ms) {}

  Result<void> write(std::string_view bytes) {
    while (!bytes.empty()) {
      CRAWLSPOOL_TRY_AS(const auto n, channel_.write_some(bytes));
      bytes.remove_prefix(n);
      if (n == 0 && !bytes.empty()) {
        CRAWLSPOOL_TRY(wait(channel_.waits_for_input() ? POLLIN : POLLOUT));
      }
    }
    return {};
  }

  // Reads into `parser` until the answer is whole, or is none, which `error` says. Returns the bytes that are not in
  // it.
  Result<std::string> read(Parser& parser, boost::system::error_code& error) {
    std::string unread;
    std::array<char, kReadBytes> buffer{};
    while (!error && !parser.is_done()) {
      CRAWLSPOOL_TRY_AS(const auto n, channel_.read_some(buffer.data(), buffer.size()));
      if (!n) {
        CRAWLSPOOL_TRY(wait(POLLIN));
        continue;
      }
      if (*n == 0) {
        parser.put_eof(error);
        break;
      }
      unread.append(buffer.data(), *n);
      const std::size_t used = parser.put(boost::asio::buffer(unread), error);
      if (error == http::error::need_more) error = {};
      if (unread.starts_with(kTlsAlert)) error = http::error::bad_version;
      if (!error) unread.erase(0, used);
    }
    return unread;
  }

 private:
  Result<void> wait(short events) {
    for (int waited_ms = 0; waited_ms < timeout_ms_; waited_ms += kSliceMs) {
      if (stop_requested()) return base::fail(base::ErrorCode::kIo, "interrupted");
      pollfd waiting{channel_.fd(), events, 0};
      if (::poll(&waiting, 1, kSliceMs) > 0) return {};
    }
    return base::fail(base::ErrorCode::kIo, "nothing comes");
  }

  Channel& channel_;
  int timeout_ms_;
};

constexpr unsigned kUnauthorized = 401;
constexpr unsigned kMisdirected = 421;  // the server does not go by that name

Result<std::string> wrong_listener(const Address& server, const std::string& what) {
  return base::fail(base::ErrorCode::kIo, server.to_string() + " is a crawlspoold's " + what +
                                              ", not its admin listener, which is http://HOST:8942 unless "
                                              "listen.admin says otherwise; name it with --admin");
}

}  // namespace

Result<HttpAnswer> http_get(const Address& server, const std::string& path, int timeout_ms) {
  const auto failed = [&](const char* what, const std::string& why) {
    return base::fail(base::ErrorCode::kIo, std::string(what) + " " + server.url("http") + ": " + why);
  };
  CRAWLSPOOL_TRY_AS(auto channel, Channel::open(server, timeout_ms));
  http::request<http::empty_body> request(http::verb::get, path, 11);
  request.set(http::field::host, server.unix_socket ? server.host : server.to_string());
  request.set(http::field::user_agent, "crawlspool");
  if (!server.token.empty()) request.set(http::field::authorization, "Bearer " + server.token);
  request.keep_alive(false);
  std::ostringstream question;
  question << request;

  Exchange exchange(channel, timeout_ms);
  if (const auto written = exchange.write(question.str()); !written)
    return failed("cannot ask", written.error().message());
  Parser parser;
  parser.body_limit(kBodyBytesMax);
  parser.eager(true);
  boost::system::error_code error;
  const auto unread = exchange.read(parser, error);
  if (!unread) return failed("no proper answer from", unread.error().message());
  if (error && is_stream_listener(*unread)) return HttpAnswer{0, {}};
  if (error) return failed("no proper answer from", error.message() + (unread->starts_with(kTlsAlert) ? kIsTls : ""));
  return HttpAnswer{parser.get().result_int(), parser.get().body()};
}

Result<std::string> ask_admin(const Address& server, const std::string& path, int timeout_ms) {
  CRAWLSPOOL_TRY_AS(auto answer, http_get(server, path, timeout_ms));
  if (answer.status == 200) return std::move(answer.body);
  if (answer.status == 0) return wrong_listener(server, "stream listener");
  if (answer.body.find("/v1/records") != std::string::npos) return wrong_listener(server, "HTTP listener for records");
  if (answer.status == kUnauthorized)
    return base::fail(
        base::ErrorCode::kIo,
        "the daemon at " + server.to_string() +
            (server.token.empty() ? " wants a token (401): --token-file, or CRAWLSPOOL_TOKEN_FILE, names it"
                                  : " does not take this token (401): auth.admin_tokens has those it takes"));
  if (answer.status == kMisdirected)
    return base::fail(base::ErrorCode::kIo, "the daemon at " + server.to_string() + " is not asked by the name " +
                                                server.host + " (421): list it in admin.hosts of its " +
                                                "crawlspoold.yaml, or ask by an address");
  return base::fail(base::ErrorCode::kIo, server.url("http") + path + " answers " + std::to_string(answer.status) +
                                              "; is it a crawlspoold's admin listener?");
}

}  // namespace crawlspool::cli
