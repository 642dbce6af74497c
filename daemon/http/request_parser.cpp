#include "daemon/http/request_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/parser.hpp>
#include <cctype>
#include <limits>

#include "daemon/base/text.h"
#include "proto/frame_decoder.h"

namespace crawlspool::http {
namespace {

namespace beast = boost::beast;
namespace bhttp = boost::beast::http;

constexpr std::size_t kHeadBytesMax = 16 * 1024;
constexpr std::size_t kPendingBytesMax = 64 * 1024;  // a chunk's size line or the trailer
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";  // no chunked body goes on with less

// A body that grows with what arrives, never with what was claimed, and keeps room for the padding behind it.
struct GrowingBody {
  using value_type = std::string;

  class reader {  // NOLINT(readability-identifier-naming): the name that Beast asks for
   public:
    template <bool IsRequest, class Fields>
    reader(bhttp::header<IsRequest, Fields>&, value_type& body) : body_(body) {}
    void init(const boost::optional<std::uint64_t>&, beast::error_code& error) { error = {}; }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, beast::error_code& error) {
      std::size_t taken = 0;
      for (auto at = boost::asio::buffer_sequence_begin(buffers); at != boost::asio::buffer_sequence_end(buffers);
           ++at) {
        const boost::asio::const_buffer buffer = *at;
        const std::size_t needed = body_.size() + buffer.size() + proto::FrameDecoder::kPaddingBytes;
        if (needed > body_.capacity()) body_.reserve(std::max(needed, 2 * body_.capacity()));
        body_.append(static_cast<const char*>(buffer.data()), buffer.size());
        taken += buffer.size();
      }
      error = {};
      return taken;
    }
    void finish(beast::error_code& error) { error = {}; }

   private:
    value_type& body_;
  };
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

std::string without_parameters(std::string_view media_type) {
  std::string type = lower(media_type.substr(0, media_type.find(';')));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.pop_back();
  return type;
}

// "http://host/path" is legal as a target (RFC 9112, 3.2.2) and means "/path".
std::string_view without_origin(std::string_view target) {
  constexpr std::string_view kScheme = "http://";
  if (!target.starts_with(kScheme)) return target;
  const std::size_t path = target.find('/', kScheme.size());
  return path == std::string_view::npos ? "/" : target.substr(path);
}

}  // namespace

struct RequestParser::Beast {
  bhttp::request_parser<GrowingBody> parser;
};

RequestParser::RequestParser() { start_over(); }
RequestParser::~RequestParser() = default;

void RequestParser::start_over() {
  state_ = State::kHead;
  base::free_text(head_text_);
  base::free_text(pending_);
  head_ = {};
  beast_ = std::make_unique<Beast>();
  beast_->parser.header_limit(kHeadBytesMax);
  beast_->parser.body_limit(std::numeric_limits<std::uint64_t>::max());
}

RequestParser::Step RequestParser::refuse(int status, std::string_view code, std::string detail) {
  state_ = State::kRefused;
  refusal_ = {status, code, std::move(detail)};
  return Step::kRefused;
}

RequestParser::Step RequestParser::next(std::string_view& input) {
  switch (state_) {
    case State::kHead:
      return take_head(input);
    case State::kBody:
      return take_body_bytes(input);
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
  if (head_text_.empty() && !input.empty() && std::isalpha(static_cast<unsigned char>(input.front())) == 0)
    return refuse(400, "bad_request", "this does not look like HTTP");
  const std::size_t had = head_text_.size();
  const std::size_t room = kHeadBytesMax - had;
  head_text_ += input.substr(0, room);
  const std::size_t end = head_text_.find(kHeadEnd, had < kHeadEnd.size() ? 0 : had - kHeadEnd.size() + 1);
  if (end == std::string::npos) {
    input.remove_prefix(std::min(input.size(), room));
    if (head_text_.find("\n\n") != std::string::npos) return refuse(400, "bad_request", "a line ends without CR");
    if (head_text_.size() == kHeadBytesMax) return refuse(431, "head_too_large", "the head is over 16 KiB");
    return Step::kNeedMore;
  }
  head_text_.resize(end + kHeadEnd.size());
  input.remove_prefix(head_text_.size() - had);
  return parse_head();
}

RequestParser::Step RequestParser::parse_head() {
  if (auto fault = fault_in_raw_head()) return refuse(400, "bad_request", std::move(*fault));
  beast::error_code error;
  beast_->parser.put(boost::asio::buffer(head_text_), error);
  if (error && error != bhttp::error::need_more) return refuse(400, "bad_request", error.message());
  if (!beast_->parser.is_header_done()) return refuse(400, "bad_request", "the head does not read as HTTP/1.1");
  if (auto fault = fault_in_framing()) return refuse(400, "bad_request", std::move(*fault));
  read_head_fields();
  state_ = State::kBody;
  return Step::kHead;
}

// What Beast forgives and another reader of the same bytes may take differently.
std::optional<std::string> RequestParser::fault_in_raw_head() const {
  for (std::size_t i = 0; i < head_text_.size(); ++i) {
    const char c = head_text_[i];
    const bool after_cr = i > 0 && head_text_[i - 1] == '\r';
    if (c == '\0') return "a NUL byte in the head";
    if (c == '\n' && !after_cr) return "a line ends without CR";
    if (c != '\n' && after_cr) return "a CR without LF";
    if (c == '\n' && i + 1 < head_text_.size() && (head_text_[i + 1] == ' ' || head_text_[i + 1] == '\t'))
      return "a folded header line";
  }
  for (std::size_t line = head_text_.find('\n') + 1; line + 2 < head_text_.size();) {
    const std::size_t line_end = head_text_.find('\n', line);
    const std::size_t colon = head_text_.find_first_of(": \t\r", line);
    if (head_text_[colon] != ':' || colon == line) return "a header name that is none";
    line = line_end + 1;
  }
  return std::nullopt;
}

std::optional<std::string> RequestParser::fault_in_framing() {
  const auto& message = beast_->parser.get();
  if (message.version() != 10 && message.version() != 11) return "only HTTP/1.0 and HTTP/1.1 are spoken here";
  const auto hosts = message.count(bhttp::field::host);
  if (hosts > 1 || (hosts == 0 && message.version() == 11)) return "one Host is needed";
  if (message.count(bhttp::field::content_length) > 1) return "more than one Content-Length";
  const std::string_view length = view(message[bhttp::field::content_length]);
  if (length.find_first_not_of("0123456789") != std::string_view::npos) return "a Content-Length that is no number";
  const auto encodings = message.count(bhttp::field::transfer_encoding);
  if (encodings == 0) return std::nullopt;
  if (message.version() != 11) return "Transfer-Encoding in HTTP/1.0";
  if (message.count(bhttp::field::content_length) > 0) return "both Content-Length and Transfer-Encoding";
  if (encodings > 1 || lower(view(message[bhttp::field::transfer_encoding])) != "chunked")
    return "a Transfer-Encoding other than chunked";
  return std::nullopt;
}

void RequestParser::read_head_fields() {
  const auto& parser = beast_->parser;
  const auto& message = parser.get();
  head_.method = std::string(view(message.method_string()));
  const std::string_view target = view(message.target());
  head_.path = std::string(without_origin(target.substr(0, target.find('?'))));
  head_.host = lower(view(message[bhttp::field::host]));
  head_.content_type = without_parameters(view(message[bhttp::field::content_type]));
  head_.content_encoding = lower(view(message[bhttp::field::content_encoding]));
  head_.if_none_match = std::string(view(message[bhttp::field::if_none_match]));
  const auto field = [&](const char* name) -> std::optional<std::string> {
    const auto [first, end] = message.equal_range(name);
    if (first == end) return std::nullopt;
    if (std::next(first) != end) head_.fields.is_repeated = true;
    return std::string(view(first->value()));
  };
  head_.fields.client = field("Crawlspool-Client");
  head_.fields.session = field("Crawlspool-Session");
  head_.fields.seq = field("Crawlspool-Seq");
  head_.fields.from = field("Crawlspool-From");
  head_.fields.stream = field("Crawlspool-Stream");
  if (const auto length = parser.content_length()) head_.content_length = *length;
  head_.is_chunked = parser.chunked();
  head_.expects_continue = lower(view(message[bhttp::field::expect])) == "100-continue" && message.version() == 11;
  head_.keep_alive = message.keep_alive();
  head_.is_http_1_0 = message.version() == 10;
}

void RequestParser::limit_body(std::uint64_t bytes_max) { beast_->parser.body_limit(bytes_max); }

RequestParser::Step RequestParser::take_body_bytes(std::string_view& input) {
  auto& parser = beast_->parser;
  const bool has_body = head_.is_chunked || head_.content_length.value_or(0) > 0;
  while (has_body && !parser.is_done()) {
    // A chunk's size line or the trailer may come in pieces: they are put together first.
    const std::size_t had = pending_.size();
    if (had > 0) pending_ += input.substr(0, kPendingBytesMax - had);
    if (had > 0 && pending_.size() < kLastChunk.size()) {  // Beast asserts on less when it looks again
      input = {};
      return Step::kNeedMore;
    }
    const std::string_view bytes = had > 0 ? std::string_view(pending_) : input;
    beast::error_code error;
    const std::size_t taken = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
    if (error == bhttp::error::body_limit) return refuse(413, "body_too_large", "the body is over the limit");
    if (error && error != bhttp::error::need_more) return refuse(400, "bad_request", error.message());
    if (taken == 0) {
      if (had == 0) pending_ = input;
      if (pending_.size() >= kPendingBytesMax)
        return refuse(400, "bad_request", "a chunk's head or the trailer is too long");
      input = {};
      return Step::kNeedMore;
    }
    // What the pending bytes waited for came with this input: the rest of it is read where it lies.
    if (taken < had) {
      pending_.resize(had);
      pending_.erase(0, taken);
      continue;
    }
    input.remove_prefix(taken - had);
    pending_.clear();
  }
  state_ = State::kWhole;
  return Step::kWhole;
}

std::string RequestParser::take_body() {
  std::string body = std::move(beast_->parser.get().body());
  start_over();
  return body;
}

std::size_t RequestParser::body_bytes() const { return beast_->parser.get().body().size(); }

std::size_t RequestParser::held_bytes() const {
  return head_text_.capacity() + pending_.capacity() + 2 * beast_->parser.get().body().capacity();
}

}  // namespace crawlspool::http
