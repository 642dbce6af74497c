// HTTP/1.1 requests from bytes: Boost.Beast's parser for the head, and around it the checks that it lacks, so that
// no two readers of a request can disagree about where it ends. No I/O; resumable at any byte, and what comes out does
// not depend on how the bytes were cut.
//
//   head ──► (the caller judges it) ──► body ──► whole
//    └──────────────┴── refused (final: the connection has to be closed)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/inputs/http/chunked_body.h"
#include "daemon/inputs/http/request_head.h"

namespace crawlspool::http {

class RequestParser {
 public:
  enum class Step { kNeedMore, kHead, kWhole, kRefused };

  // Takes bytes off the front of `input`. kHead comes once a request; then the caller may set a limit, and goes on.
  // What is behind a whole request stays in `input`.
  [[nodiscard]] Step next(std::string_view& input);

  [[nodiscard]] const RequestHead& head() const { return head_; }
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }
  // Of a chunked body; what Content-Length says is the caller's to judge.
  void limit_body(std::uint64_t bytes_max) {
    body_bytes_max_ = bytes_max;
    chunked_.limit(bytes_max);
  }
  // Of a whole request; padding is readable behind it. Leaves the parser ready for the next request.
  [[nodiscard]] std::string take_body();
  void start_over();

  [[nodiscard]] bool has_begun() const { return !head_text_.empty(); }  // a request, with its first byte
  [[nodiscard]] bool head_is_whole() const { return state_ != State::kHead; }
  [[nodiscard]] std::size_t body_bytes() const { return body_.size(); }
  // Memory held: of the room that the body grows into only what is filled.
  [[nodiscard]] std::size_t held_bytes() const;

 private:
  enum class State { kHead, kBody, kWhole, kRefused };
  Step take_head(std::string_view& input);
  Step parse_head();
  Step take_body_of_length(std::string_view& input);
  Step take_chunks(std::string_view& input);
  Step refuse(Refusal refusal);
  void add_to_body(std::string_view bytes);

  State state_ = State::kHead;
  std::string head_text_;
  std::string body_;
  RequestHead head_;
  Refusal refusal_{};
  ChunkedBody chunked_;
  std::uint64_t length_left_ = 0;     // of a body with a Content-Length
  std::uint64_t body_bytes_max_ = 0;  // of any other
};

}  // namespace crawlspool::http
