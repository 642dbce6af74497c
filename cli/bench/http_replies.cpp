#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <nlohmann/json.hpp>

#include "cli/bench/reply_reader.h"
#include "daemon/base/text.h"

namespace crawlspool::bench {
namespace {

namespace http = boost::beast::http;
using base::ErrorCode;
using base::fail;
using nlohmann::json;

// Returns null where there is none.
const json& member(const json& object, const char* key) {
  static const json none;
  if (!object.is_object()) return none;
  const auto at = object.find(key);
  return at == object.end() ? none : *at;
}

// Returns what the daemon says with each status but 200, and of each rejected record.
std::string complaint(const json& object) {
  std::string text;
  for (const char* key : {"code", "detail"}) {
    const json& value = member(object, key);
    if (!value.is_string()) continue;
    if (!text.empty()) text += ": ";
    base::append_json_escaped(text, value.get<std::string>());
  }
  return text;
}

class HttpReplies final : public ReplyReader {
 public:
  [[nodiscard]] base::Result<std::uint64_t> take(std::string_view input) override;
  [[nodiscard]] std::string greeting() const override;  // sends a body without records
  [[nodiscard]] std::optional<AckLevel> ack_level() const override { return ack_level_; }

 private:
  [[nodiscard]] base::Result<std::size_t> take_answer(std::string_view input);
  [[nodiscard]] base::Result<void> judge(unsigned status, std::string_view body);

  std::string begun_;  // an answer that is not whole yet
  std::optional<AckLevel> ack_level_;
  std::uint64_t accepted_ = 0;
};

std::string HttpReplies::greeting() const {
  return "POST /v1/records HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nContent-Length: "
         "0\r\n\r\n";
}

base::Result<std::uint64_t> HttpReplies::take(std::string_view input) {
  accepted_ = 0;
  if (!begun_.empty()) {
    begun_ += input;
    input = begun_;
  }
  while (!input.empty()) {
    CRAWLSPOOL_TRY_AS(const auto taken, take_answer(input));
    if (taken == 0) break;
    input.remove_prefix(taken);
  }
  begun_ = std::string(input);
  return accepted_;
}

// Returns its bytes, or 0 if it is not whole yet.
base::Result<std::size_t> HttpReplies::take_answer(std::string_view input) {
  http::response_parser<http::string_body> parser;
  parser.eager(true);
  boost::system::error_code error;
  const std::size_t used = parser.put(boost::asio::buffer(input), error);
  if (error == http::error::need_more || (!error && !parser.is_done())) return 0;
  if (error) return fail(ErrorCode::kDamaged, "does not answer in HTTP: " + error.message());
  CRAWLSPOOL_TRY(judge(parser.get().result_int(), parser.get().body()));
  return used;
}

base::Result<void> HttpReplies::judge(unsigned status, std::string_view body) {
  const json answer = json::parse(body, nullptr, false);
  if (status != 200)
    return fail(ErrorCode::kIo, "answers " + std::to_string(status) + " " + complaint(member(answer, "error")));
  const json& rejected = member(answer, "rejected");
  if (!rejected.empty()) return fail(ErrorCode::kIo, "rejects a record: " + complaint(rejected.front()));
  const json& accepted = member(answer, "accepted");
  if (!accepted.is_number_unsigned()) return fail(ErrorCode::kDamaged, "does not say how many records it has accepted");
  accepted_ += accepted.get<std::uint64_t>();
  ack_level_ = member(answer, "ack") == "written" ? AckLevel::kWritten : AckLevel::kSynced;
  return {};
}

}  // namespace

std::unique_ptr<ReplyReader> make_http_replies() { return std::make_unique<HttpReplies>(); }

}  // namespace crawlspool::bench
