// HTTP/1.1 requests from bytes: Boost.Beast's parser, fed with buffers, and behind it the checks that it leaves out, so
// that no two readers of a request can disagree about where it ends. No I/O; resumable at any byte.
//
//   head ──► (the caller judges it) ──► body ──► whole
//    └──────────────┴── refused (final: the connection has to be closed)
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

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

struct RequestHead {
  std::string method;
  std::string path;  // the target up to `?`
  std::string host;
  std::string content_type;  // lower case, without parameters
  std::string content_encoding;
  std::string if_none_match;
  std::optional<std::uint64_t> content_length;
  ClientFields fields;
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

class RequestParser {
 public:
  enum class Step { kNeedMore, kHead, kWhole, kRefused };

  RequestParser();
  ~RequestParser();

  // Takes bytes off the front of `input`. kHead comes once a request; then the caller may set a limit, and goes on.
  // What is behind a whole request stays in `input`.
  [[nodiscard]] Step next(std::string_view& input);

  [[nodiscard]] const RequestHead& head() const { return head_; }
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }
  void limit_body(std::uint64_t bytes_max);
  // Of a whole request; padding is readable behind it. Leaves the parser ready for the next request.
  [[nodiscard]] std::string take_body();
  void start_over();

  [[nodiscard]] bool has_begun() const { return !head_text_.empty(); }  // a request, with its first byte
  [[nodiscard]] bool head_is_whole() const { return state_ != State::kHead; }
  [[nodiscard]] std::size_t body_bytes() const;
  // Memory held, and as much again as the body for the lines that it will become.
  [[nodiscard]] std::size_t held_bytes() const;

 private:
  enum class State { kHead, kBody, kWhole, kRefused };
  struct Beast;  // keeps Boost's headers out of here

  Step take_head(std::string_view& input);
  Step parse_head();
  Step take_body_bytes(std::string_view& input);
  Step refuse(int status, std::string_view code, std::string detail);
  [[nodiscard]] std::optional<std::string> fault_in_raw_head() const;
  [[nodiscard]] std::optional<std::string> fault_in_framing();
  void read_head_fields();

  State state_ = State::kHead;
  std::string head_text_;
  std::string pending_;  // body bytes that the parser could not yet make sense of
  RequestHead head_;
  Refusal refusal_{};
  std::unique_ptr<Beast> beast_;
};

}  // namespace crawlspool::http
