#include "daemon/inputs/http/chunked_body.h"

#include <algorithm>

#include "daemon/inputs/http/characters.h"

namespace crawlspool::http {
namespace {

constexpr std::size_t kLineBytesMax = 16 * 1024;  // a size line; a trailer
constexpr std::uint64_t kSizeMax = std::numeric_limits<std::uint64_t>::max();
constexpr std::string_view kLength = "content-length";
constexpr std::string_view kCoding = "transfer-encoding";

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

ChunkedBody::Step ChunkedBody::next(std::string_view& input) {
  while (!input.empty() && at_ < At::kWhole) {
    if (at_ == At::kData) return take_data(input);
    const char c = input.front();
    input.remove_prefix(1);
    const Step step = take(c);
    if (step != Step::kNeedMore) return step;
  }
  if (at_ == At::kWhole) return Step::kWhole;
  return at_ == At::kBroken ? Step::kBroken : Step::kNeedMore;
}

ChunkedBody::Step ChunkedBody::take_data(std::string_view& input) {
  data_ = input.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(input.size(), size_)));
  input.remove_prefix(data_.size());
  size_ -= data_.size();
  if (size_ == 0) at_ = At::kDataReturn;
  return Step::kData;
}

ChunkedBody::Step ChunkedBody::take(char c) {
  if (++line_bytes_ > kLineBytesMax)
    at_ = broken("a chunk's size line or the trailer is over 16 KiB");
  else
    at_ = behind(c);
  if (at_ == At::kBroken) return Step::kBroken;
  if (at_ == At::kWhole) return Step::kWhole;
  return body_bytes_ > bytes_max_ ? Step::kTooLarge : Step::kNeedMore;
}

ChunkedBody::At ChunkedBody::broken(std::string_view fault) {
  fault_ = fault;
  return At::kBroken;
}

ChunkedBody::At ChunkedBody::behind(char c) {
  switch (at_) {
    case At::kFirstDigit:
    case At::kDigit:
    case At::kBeforeExtension:
    case At::kSizeLineFeed:
      return behind_in_size_line(c);
    case At::kDataReturn:
      return c == '\r' ? At::kDataLineFeed : broken("no CRLF where a chunk's size says that it ends");
    case At::kDataLineFeed:
      line_bytes_ = 0;
      return c == '\n' ? At::kFirstDigit : broken("a CR without LF behind a chunk");
    case At::kTrailer:
    case At::kFieldName:
    case At::kFieldValue:
    case At::kFieldLineFeed:
    case At::kLastLineFeed:
      return behind_in_trailer(c);
    default:
      return behind_in_extension(c);
  }
}

ChunkedBody::At ChunkedBody::behind_in_size_line(char c) {
  if (at_ == At::kSizeLineFeed) return c == '\n' ? end_of_size_line() : broken("a CR without LF behind a chunk's size");
  if (at_ != At::kBeforeExtension && digit_of(c) >= 0) return take_digit(c);
  if (at_ == At::kFirstDigit) return broken("a chunk's size is not a hexadecimal number");
  if (c == '\n') return broken("a chunk's size line ends without CR");
  if (c == ';') return At::kExtension;
  if (is_blank(c)) return At::kBeforeExtension;
  if (c == '\r' && at_ == At::kDigit) return At::kSizeLineFeed;
  return broken(at_ == At::kDigit ? "a chunk's size is not a hexadecimal number" : "a blank behind a chunk's size");
}

ChunkedBody::At ChunkedBody::take_digit(char c) {
  if (at_ == At::kFirstDigit) size_ = 0;
  if (size_ > kSizeMax / 16) return broken("a chunk's size is over 64 bits");
  size_ = size_ * 16 + static_cast<unsigned>(digit_of(c));
  return At::kDigit;
}

ChunkedBody::At ChunkedBody::end_of_size_line() {
  line_bytes_ = 0;
  body_bytes_ = size_ > kSizeMax - body_bytes_ ? kSizeMax : body_bytes_ + size_;
  return size_ == 0 ? At::kTrailer : At::kData;
}

// ";" name [ "=" value ], with blanks around each sign.
ChunkedBody::At ChunkedBody::behind_in_extension(char c) {
  constexpr std::string_view kFault = "a chunk's extension is malformed";
  const bool is_in_quotes = at_ == At::kQuoted || at_ == At::kEscaped;
  if (is_in_quotes && !is_field_character(c)) return broken("a control character in a chunk's extension");
  switch (at_) {
    case At::kQuoted:
      if (c == '"') return At::kBehindQuoted;
      return c == '\\' ? At::kEscaped : At::kQuoted;
    case At::kEscaped:
      return At::kQuoted;
    case At::kExtension:
      if (is_blank(c)) return At::kExtension;
      return is_token_character(c) ? At::kName : broken(kFault);
    case At::kValue:
      if (is_blank(c)) return At::kValue;
      if (c == '"') return At::kQuoted;
      return is_token_character(c) ? At::kToken : broken(kFault);
    default:
      break;
  }
  if (c == ';') return At::kExtension;
  if (c == '\r' && at_ != At::kBehindName) return At::kSizeLineFeed;
  if (is_blank(c)) return at_ == At::kName || at_ == At::kBehindName ? At::kBehindName : At::kBeforeExtension;
  if (c == '=' && (at_ == At::kName || at_ == At::kBehindName)) return At::kValue;
  if (is_token_character(c) && (at_ == At::kName || at_ == At::kToken)) return at_;
  return broken(kFault);
}

ChunkedBody::At ChunkedBody::behind_in_trailer(char c) {
  switch (at_) {
    case At::kTrailer:
      if (c == '\r') return At::kLastLineFeed;
      field_name_.clear();
      at_ = At::kFieldName;
      if (c == ':') return broken("a trailer line without a name");
      return behind_in_trailer(c);
    case At::kFieldName:
      if (c == ':') return end_of_field_name();
      if (!is_token_character(c)) return broken("a trailer line's name is none");
      if (field_name_.size() <= kCoding.size()) field_name_ += lower({&c, 1});
      return At::kFieldName;
    case At::kFieldValue:
      if (c == '\r') return At::kFieldLineFeed;
      return is_field_character(c) ? At::kFieldValue : broken("a control character in the trailer");
    case At::kFieldLineFeed:
      return c == '\n' ? At::kTrailer : broken("a CR without LF in the trailer");
    default:  // kLastLineFeed
      return c == '\n' ? At::kWhole : broken("a CR without LF behind the trailer");
  }
}

ChunkedBody::At ChunkedBody::end_of_field_name() {
  if (field_name_ == kLength || field_name_ == kCoding) return broken("a length or an encoding in the trailer");
  return At::kFieldValue;
}

}  // namespace crawlspool::http
