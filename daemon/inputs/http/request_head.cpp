#include "daemon/inputs/http/request_head.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <iterator>
#include <limits>
#include <vector>

#include "daemon/base/authority.h"
#include "daemon/inputs/http/characters.h"

namespace crawlspool::http {
namespace {

namespace beast = boost::beast;
namespace bhttp = boost::beast::http;

using Parser = bhttp::request_parser<bhttp::empty_body>;
using Fields = bhttp::request<bhttp::empty_body>;

tl::unexpected<Refusal> bad_request(std::string detail) {
  return tl::unexpected(Refusal{400, "bad_request", std::move(detail)});
}

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

// ---- fields ----

// A list may come in several fields, and means the same joined by commas (RFC 9110, 5.2).
std::string joined(const Fields& fields, bhttp::field name) {
  std::string out;
  const auto [first, end] = fields.equal_range(name);
  for (auto field = first; field != end; ++field) {
    if (field != first) out += ',';
    out += view(field->value());
  }
  return out;
}

std::vector<std::string_view> elements(std::string_view list) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t comma = list.find(',');
    out.push_back(without_blanks_around(list.substr(0, comma)));
    if (comma == std::string_view::npos) return out;
    list.remove_prefix(comma + 1);
  }
}

bool is_element(std::string_view list, std::string_view wanted) {
  const auto all = elements(list);
  return std::any_of(all.begin(), all.end(), [&](std::string_view element) { return lower(element) == wanted; });
}

// Returns the parameter's value, without its quotes; nothing where it is not there. The last of two counts, as to a
// reader that takes one after the other.
std::optional<std::string> charset_parameter(std::string_view media_type) {
  std::optional<std::string> charset;
  for (std::size_t semicolon = media_type.find(';'); semicolon != std::string_view::npos;) {
    media_type.remove_prefix(semicolon + 1);
    semicolon = media_type.find(';');
    const std::string_view parameter = without_blanks_around(media_type.substr(0, semicolon));
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos || lower(parameter.substr(0, equals)) != "charset") continue;
    std::string_view value = parameter.substr(equals + 1);
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) value = value.substr(1, value.size() - 2);
    charset = std::string(value);
  }
  return charset;
}

std::string without_parameters(std::string_view media_type) {
  return lower(without_blanks_around(media_type.substr(0, media_type.find(';'))));
}

// ---- where the request ends ----

// Chunks are all that is understood. Where other codings lie inside of them the body's end would be known (501); where
// chunked is not the last, or there twice, it is not (RFC 9112, 6.1 and 6.3).
std::optional<Refusal> fault_in_transfer_encoding(const std::string& list) {
  const auto codings = elements(list);
  const auto is_chunked = [](std::string_view coding) { return lower(coding) == "chunked"; };
  const bool ends_by_chunked =
      is_chunked(codings.back()) && std::none_of(codings.begin(), codings.end() - 1, is_chunked);
  const bool are_tokens = std::all_of(codings.begin(), codings.end(), [](std::string_view coding) {
    return !coding.empty() && std::all_of(coding.begin(), coding.end(), is_token_character);
  });
  if (!ends_by_chunked || !are_tokens) return Refusal{400, "bad_request", "a Transfer-Encoding other than chunked"};
  if (codings.size() == 1) return std::nullopt;
  return Refusal{501, "unsupported_transfer_encoding",
                 "of Transfer-Encoding only chunked is understood; compress by Content-Encoding"};
}

bool has_body_by_its_method(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

std::optional<Refusal> fault_in_framing(const Fields& fields) {
  const bool is_http_1_0 = fields.version() == 10;
  const auto lengths = fields.count(bhttp::field::content_length);
  if (lengths > 1) return Refusal{400, "bad_request", "more than one Content-Length"};
  const std::string_view length = view(fields[bhttp::field::content_length]);
  if (length.find_first_not_of("0123456789") != std::string_view::npos)
    return Refusal{400, "bad_request", "a Content-Length that is no number"};
  if (fields.count(bhttp::field::transfer_encoding) > 0) {
    if (is_http_1_0) return Refusal{400, "bad_request", "Transfer-Encoding in HTTP/1.0"};
    if (lengths > 0) return Refusal{400, "bad_request", "both Content-Length and Transfer-Encoding"};
    return fault_in_transfer_encoding(joined(fields, bhttp::field::transfer_encoding));
  }
  if (is_http_1_0 && lengths == 0 && has_body_by_its_method(view(fields.method_string())))
    return Refusal{411, "length_required", "an HTTP/1.0 request with a body needs a Content-Length"};
  return std::nullopt;
}

// ---- whom it is for, and what ----

struct Target {
  std::string_view path;
  std::optional<std::string_view> authority;
};

// An absolute path, "http://authority/path" (RFC 9112, 3.2.2), and what only OPTIONS and CONNECT have.
tl::expected<Target, Refusal> parse_target(std::string_view target, std::string_view method) {
  constexpr std::string_view kScheme = "http://";
  if (!std::all_of(target.begin(), target.end(), is_visible) || target.find('#') != std::string_view::npos)
    return bad_request("a byte in the target that has to be percent-encoded");
  target = target.substr(0, target.find('?'));
  if (target.starts_with('/') || (target == "*" && method == "OPTIONS") || method == "CONNECT")
    return Target{target, std::nullopt};
  if (lower(target.substr(0, kScheme.size())) != kScheme)
    return bad_request("the target is neither a path nor an http:// address");
  target.remove_prefix(kScheme.size());
  const std::size_t slash = std::min(target.find('/'), target.size());
  const std::string_view path = target.substr(slash);
  return Target{path.empty() ? "/" : path, target.substr(0, slash)};
}

// The target's authority counts, but Host has to be right as well.
std::optional<Refusal> read_target(const Fields& fields, RequestHead& head) {
  const auto fault = [](std::string detail) { return Refusal{400, "bad_request", std::move(detail)}; };
  const auto target = parse_target(view(fields.target()), head.method);
  if (!target) return target.error();
  head.path = std::string(target->path);
  const auto hosts = fields.count(bhttp::field::host);
  if (hosts > 1 || (hosts == 0 && !head.is_http_1_0)) return fault("one Host is needed");
  auto authority = base::parse_authority(view(fields[bhttp::field::host]));
  if (hosts == 1 && !authority) return fault("Host is not a name or an address, with or without a port");
  if (target->authority) {
    authority = base::parse_authority(*target->authority);
    if (!authority) return fault("the target is not for a name or an address, with or without a port");
  }
  if (!authority) return std::nullopt;
  head.host = lower(authority->host);
  head.port = std::string(authority->port);
  return std::nullopt;
}

// ---- the rest ----

void read_client_fields(const Fields& fields, ClientFields& client) {
  const auto read = [&](const char* name) -> std::optional<std::string> {
    const auto [first, end] = fields.equal_range(name);
    if (first == end) return std::nullopt;
    if (std::next(first) != end) client.is_repeated = true;
    return std::string(view(first->value()));
  };
  client.client = read("Crawlspool-Client");
  client.session = read("Crawlspool-Session");
  client.seq = read("Crawlspool-Seq");
  client.from = read("Crawlspool-From");
  client.stream = read("Crawlspool-Stream");
}

void read_browser_fields(const Fields& fields, BrowserFields& browser) {
  if (fields.count(bhttp::field::origin) > 0) browser.origin = lower(joined(fields, bhttp::field::origin));
  browser.fetch_site = lower(view(fields["Sec-Fetch-Site"]));
  browser.is_preflight = fields.count(bhttp::field::access_control_request_method) > 0;
}

void read_connection(const Fields& fields, RequestHead& head) {
  const std::string options = joined(fields, bhttp::field::connection);
  head.keep_alive = !is_element(options, "close") && (!head.is_http_1_0 || is_element(options, "keep-alive"));
}

tl::expected<RequestHead, Refusal> read_head(const Parser& parser) {
  const auto& fields = parser.get();
  if (fields.version() != 10 && fields.version() != 11)
    return bad_request("only HTTP/1.0 and HTTP/1.1 are spoken here");
  RequestHead head;
  head.is_http_1_0 = fields.version() == 10;
  head.method = std::string(view(fields.method_string()));
  if (auto fault = read_target(fields, head)) return tl::unexpected(std::move(*fault));
  if (auto fault = fault_in_framing(fields)) return tl::unexpected(std::move(*fault));
  if (fields.count(bhttp::field::content_type) > 1) return bad_request("more than one Content-Type");
  head.content_type = without_parameters(view(fields[bhttp::field::content_type]));
  head.charset = charset_parameter(view(fields[bhttp::field::content_type]));
  head.content_encoding = lower(joined(fields, bhttp::field::content_encoding));
  if (fields.count(bhttp::field::authorization) > 1) return bad_request("more than one Authorization");
  head.authorization = std::string(view(fields[bhttp::field::authorization]));
  head.if_none_match = std::string(view(fields[bhttp::field::if_none_match]));
  if (const auto length = parser.content_length()) head.content_length = *length;
  head.is_chunked = fields.count(bhttp::field::transfer_encoding) > 0;
  head.expects_continue = lower(view(fields[bhttp::field::expect])) == "100-continue" && !head.is_http_1_0;
  read_connection(fields, head);
  read_client_fields(fields, head.fields);
  read_browser_fields(fields, head.browser);
  return head;
}

bool has_bad_name(std::string_view head) {
  for (std::size_t line = head.find('\n') + 1; line + 2 < head.size(); line = head.find('\n', line) + 1) {
    const std::size_t colon = head.find_first_of(": \t\r", line);
    if (head[colon] != ':' || colon == line) return true;
  }
  return false;
}

}  // namespace

// What Beast forgives and another reader of the same bytes may take differently.
const char* fault_in_head_byte(std::string_view head, std::size_t at) {
  const char c = head[at];
  const char before = at == 0 ? '\0' : head[at - 1];
  if (c == '\0') return "a NUL byte in the head";
  if (c == '\n' && before != '\r') return "a line ends without CR";
  if (c != '\n' && before == '\r') return "a CR without LF";
  if (is_blank(c) && before == '\n') return "a folded header line";
  return nullptr;
}

tl::expected<RequestHead, Refusal> parse_request_head(std::string_view text) {
  if (has_bad_name(text)) return bad_request("a header name that is none");
  Parser parser;
  parser.header_limit(kHeadBytesMax);
  parser.body_limit(std::numeric_limits<std::uint64_t>::max());
  beast::error_code error;
  parser.put(boost::asio::buffer(text.data(), text.size()), error);
  if (error && error != bhttp::error::need_more) return bad_request(error.message());
  if (!parser.is_header_done()) return bad_request("the head does not read as HTTP/1.1");
  return read_head(parser);
}

}  // namespace crawlspool::http
