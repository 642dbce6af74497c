#include "daemon/inputs/http/request_parser.h"

#include <algorithm>

#include "daemon/base/grow_text.h"
#include "daemon/base/text.h"
#include "proto/frame_decoder.h"

namespace crawlspool::http {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

void RequestParser::start_over() {
  state_ = State::kHead;
  base::free_text(head_text_);
  base::free_text(body_);
  head_ = {};
  chunked_ = {};
  length_left_ = 0;
}

RequestParser::Step RequestParser::refuse(Refusal refusal) {
  state_ = State::kRefused;
  refusal_ = std::move(refusal);
  return Step::kRefused;
}

RequestParser::Step RequestParser::next(std::string_view& input) {
  switch (state_) {
    case State::kHead:
      return take_head(input);
    case State::kBody:
      return head_.is_chunked ? take_chunks(input) : take_body_of_length(input);
    case State::kWhole:
      return Step::kWhole;
    case State::kRefused:
      break;
  }
  return Step::kRefused;
}

RequestParser::Step RequestParser::take_head(std::string_view& input) {
  // Empty lines in front of a request are to be ignored (RFC 9112, 2.2).
  while (head_text_.empty() && (input.starts_with('\r') || input.starts_with('\n'))) input.remove_prefix(1);
  if (head_text_.empty() && !input.empty() && !is_letter(input.front()))
    return refuse({400, "bad_request", "this does not look like HTTP"});
  const std::size_t had = head_text_.size();
  head_text_ += input.substr(0, kHeadBytesMax - had);
  for (std::size_t at = had; at < head_text_.size(); ++at) {
    if (const char* const fault = fault_in_head_byte(head_text_, at)) return refuse({400, "bad_request", fault});
    if (!std::string_view(head_text_).substr(0, at + 1).ends_with("\r\n\r\n")) continue;
    head_text_.resize(at + 1);
    input.remove_prefix(head_text_.size() - had);
    return parse_head();
  }
  input.remove_prefix(head_text_.size() - had);
  if (head_text_.size() == kHeadBytesMax) return refuse({431, "head_too_large", "the head is over 16 KiB"});
  return Step::kNeedMore;
}

RequestParser::Step RequestParser::parse_head() {
  auto head = parse_request_head(head_text_);
  if (!head) return refuse(std::move(head.error()));
  head_ = std::move(*head);
  length_left_ = head_.content_length.value_or(0);
  state_ = State::kBody;
  return Step::kHead;
}

RequestParser::Step RequestParser::take_body_of_length(std::string_view& input) {
  const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(input.size(), length_left_));
  add_to_body(input.substr(0, bytes));
  input.remove_prefix(bytes);
  length_left_ -= bytes;
  if (length_left_ > 0) return Step::kNeedMore;
  state_ = State::kWhole;
  return Step::kWhole;
}

RequestParser::Step RequestParser::take_chunks(std::string_view& input) {
  while (true) {
    switch (chunked_.next(input)) {
      case ChunkedBody::Step::kData:
        add_to_body(chunked_.data());
        break;
      case ChunkedBody::Step::kNeedMore:
        return Step::kNeedMore;
      case ChunkedBody::Step::kWhole:
        state_ = State::kWhole;
        return Step::kWhole;
      case ChunkedBody::Step::kTooLarge:
        return refuse({413, "body_too_large", "the body is over the limit"});
      case ChunkedBody::Step::kBroken:
        return refuse({400, "bad_request", std::string(chunked_.fault())});
    }
  }
}

// It grows with what arrives, never with what was claimed, and keeps room for the padding behind it.
void RequestParser::add_to_body(std::string_view bytes) {
  if (bytes.empty()) return;
  constexpr std::size_t kPaddingBytes = proto::FrameDecoder::kPaddingBytes;
  const auto whole = static_cast<std::size_t>(head_.content_length.value_or(body_bytes_max_));
  base::grow_text(body_, body_.size() + bytes.size() + kPaddingBytes, 0, whole + kPaddingBytes);
  body_ += bytes;
}

std::string RequestParser::take_body() {
  std::string body = std::move(body_);
  start_over();
  return body;
}

std::size_t RequestParser::held_bytes() const { return head_text_.capacity() + body_.size(); }

}  // namespace crawlspool::http
