// HTTP/1.1 answers as bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/inputs/http/text_pieces.h"

namespace crawlspool::http {

struct Response {
  int status = 200;
  std::string body;
  TextPieces more_body = {};  // behind it
  std::string_view content_type = "application/json";
  std::string_view allow = {};  // with 405
  std::string_view etag = {};
  std::string_view more_headers = {};               // whole lines, each with its end
  std::string allow_origin = {};                    // the page whose browser may show it the answer
  std::optional<int> retry_after_s = std::nullopt;  // with 429 and 503
  bool keep_alive = false;                          // said to an HTTP/1.0 client that asked for it
  bool close = false;                               // the connection ends with it
  bool is_head = false;                             // the answer to HEAD: the body is omitted
};

// {"error":{"code":…,"detail":…}}; detail is escaped and cut.
[[nodiscard]] Response error_response(int status, std::string_view code, std::string_view detail);

// The same with 503, and when to come back.
[[nodiscard]] Response unavailable(std::string_view code, std::string_view detail);

// `date`: what the Date field says. A large body is given up as it is appended.
void append_response(std::string& out, Response response, std::string_view date);

inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace crawlspool::http
