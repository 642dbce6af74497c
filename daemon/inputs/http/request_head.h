// A request's head from its text: what it says, or why it is refused. Keeps Boost's headers out of everything else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace crawlspool::http {

// The fields by which a client names itself and numbers its records, as they came.
struct ClientFields {
  std::optional<std::string> client;
  std::optional<std::string> session;
  std::optional<std::string> seq;
  std::optional<std::string> from;
  std::optional<std::string> stream;
  bool is_repeated = false;  // one of them is there twice
};

// What only browsers send, and programs that want to look like one.
struct BrowserFields {
  std::optional<std::string> origin;  // of the page that sends; lower case
  std::string fetch_site;             // lower case; empty: not there
  bool is_preflight = false;          // it asks whether a request with a method of its own may follow
};

struct RequestHead {
  std::string method;
  std::string path;  // the target up to `?`, without its authority
  // Whom the request is for, by the target's authority or else by Host; empty: HTTP/1.0 without either.
  std::string host;                    // lower case; an IPv6 address in its brackets
  std::string port;                    // empty: none was said
  std::string content_type;            // lower case, without parameters
  std::optional<std::string> charset;  // of content_type, without its quotes
  std::string content_encoding;        // lower case; of several fields, their values joined by commas
  std::string if_none_match;
  std::string authorization;  // a secret: what Authorization says; empty: not there
  std::optional<std::uint64_t> content_length;
  ClientFields fields;
  BrowserFields browser;
  bool is_chunked = false;
  bool expects_continue = false;
  bool keep_alive = true;
  bool is_http_1_0 = false;  // keep-alive has to be said then
};

struct Refusal {
  int status;
  std::string_view code;
  std::string detail;
};

inline constexpr std::size_t kHeadBytesMax = 16 * 1024;

// `text`: up to the empty line, with it.
[[nodiscard]] tl::expected<RequestHead, Refusal> parse_request_head(std::string_view text);

// What is wrong with the byte at `at` of a head, by those before it: bytes that a head never has, lines that do not end
// by CRLF or go on with a blank. Null: nothing.
[[nodiscard]] const char* fault_in_head_byte(std::string_view head, std::size_t at);

}  // namespace crawlspool::http
