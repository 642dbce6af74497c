// Requests fed to a parser in pieces, and what comes out of it.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/inputs/http/request_parser.h"
#include "proto/frame_decoder.h"

namespace crawlspool::http {

using Step = RequestParser::Step;

// Bytes on the heap with nothing behind them: a sanitizer sees a read of one byte more.
class Exact {
 public:
  explicit Exact(std::string_view bytes) : size_(bytes.size()), data_(std::make_unique<char[]>(size_)) {
    std::memcpy(data_.get(), bytes.data(), size_);
  }
  [[nodiscard]] std::string_view view() const { return {data_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> data_;
};

inline void read_padding(const std::string& body) {
  const volatile char* at = body.data() + body.size();
  for (std::size_t i = 0; i < proto::FrameDecoder::kPaddingBytes; ++i) static_cast<void>(at[i]);
}

struct Request {
  std::string method;
  std::string path;
  std::string body;
  bool operator==(const Request&) const = default;
};

// Feeds one piece, through as many requests as it holds. The last step of it.
inline Step feed(RequestParser& parser, std::string_view piece, std::vector<Request>& requests) {
  const Exact exact(piece);
  std::string_view input = exact.view();
  Step step = Step::kNeedMore;
  while (true) {
    step = parser.next(input);
    EXPECT_TRUE(step != Step::kNeedMore || input.empty());
    if (step == Step::kNeedMore || step == Step::kRefused) return step;
    if (step == Step::kHead) continue;
    Request request{parser.head().method, parser.head().path, {}};
    std::string body = parser.take_body();
    if (!body.empty()) read_padding(body);
    request.body = std::move(body);
    requests.push_back(std::move(request));
  }
}

inline Step feed(RequestParser& parser, std::string_view piece) {
  std::vector<Request> ignored;
  return feed(parser, piece, ignored);
}

inline std::string with_length(std::string_view body) {
  return "POST /v1/records HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

inline const std::string kChunkedHead = "POST /v1/records HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
inline const std::string kChunked = kChunkedHead + "5\r\n{\"a\":\r\n2;x=\"y\"\r\n1}\r\n0\r\nTrailer: z\r\n\r\n";
inline const std::string kGet = "GET /status?x=1 HTTP/1.1\r\nHost: a\r\n\r\n";

// The head of a request without a body.
inline RequestHead head_of(std::string_view text) {
  RequestParser parser;
  EXPECT_EQ(parser.next(text), Step::kHead) << text;
  return parser.head();
}

}  // namespace crawlspool::http
