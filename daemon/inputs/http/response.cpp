#include "daemon/inputs/http/response.h"

#include "daemon/base/text.h"
#include "proto/messages.h"

namespace crawlspool::http {
namespace {

constexpr int kRetryAfterS = 1;

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 421:
      return "Misdirected Request";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

// By its status; what a length said would be that of another answer.
bool has_no_body(int status) { return status == 204 || status == 304; }

void append_origin(std::string& out, std::string_view origin) {
  append_header(out, "Access-Control-Allow-Origin", origin);
  append_header(out, "Access-Control-Expose-Headers", "Retry-After");
  append_header(out, "Vary", "Origin");
}

}  // namespace

Response error_response(int status, std::string_view code, std::string_view detail) {
  Response response;
  response.status = status;
  response.body = "{\"error\":{\"code\":\"" + std::string(code) + "\",\"detail\":\"";
  base::append_json_escaped(response.body, base::clip(detail, proto::kDetailBytesMax));
  response.body += "\"}}";
  return response;
}

Response unavailable(std::string_view code, std::string_view detail) {
  Response response = error_response(503, code, detail);
  response.retry_after_s = kRetryAfterS;
  return response;
}

void append_response(std::string& out, Response response, std::string_view date) {
  const std::size_t body_bytes = response.body.size() + response.more_body.size();
  out += "HTTP/1.1 " + std::to_string(response.status) + " ";
  out += reason_phrase(response.status);
  out += "\r\n";
  append_header(out, "Date", date);
  if (!has_no_body(response.status)) {
    append_header(out, "Content-Type", response.content_type);
    append_header(out, "Content-Length", std::to_string(body_bytes));
  }
  if (!response.etag.empty()) append_header(out, "ETag", response.etag);
  out += response.more_headers;
  if (!response.allow_origin.empty()) append_origin(out, response.allow_origin);
  if (!response.allow.empty()) append_header(out, "Allow", response.allow);
  if (response.retry_after_s) append_header(out, "Retry-After", std::to_string(*response.retry_after_s));
  if (response.close)
    append_header(out, "Connection", "close");
  else if (response.keep_alive)
    append_header(out, "Connection", "keep-alive");
  out += "\r\n";
  if (response.is_head) return;
  if (!response.more_body.empty()) out.reserve(out.size() + body_bytes);  // a reallocation would hold it twice
  out += response.body;
  response.more_body.move_to(out);
}

}  // namespace crawlspool::http
