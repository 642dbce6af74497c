#include "daemon/inputs/redis/resp_decoder.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "daemon/base/grow_text.h"
#include "daemon/base/text.h"
#include "daemon/inputs/redis/inline_words.h"

namespace crawlspool::redis {
namespace {

constexpr std::size_t kFirstTextBytes = 1024;
constexpr std::size_t kSpareParts = 1024;  // whose memory is kept for the next command

std::optional<std::int64_t> read_number(std::string_view digits) {
  std::int64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc{} || stopped != end) return std::nullopt;
  return number;
}

// Reads `sign` and a number, with their line's end, at `at`, and moves that behind them. Returns nothing where they do
// not stand there whole, or with more digits than a length has.
std::optional<std::uint64_t> read_header(std::string_view input, std::size_t& at, char sign) {
  constexpr std::ptrdiff_t kDigitsMax = 9;
  const char* const begin = input.data() + at;
  const char* const end = input.data() + input.size();
  if (end - begin < 4 || *begin != sign) return std::nullopt;
  const char* digit = begin + 1;
  const char* const digits_end = std::min(digit + kDigitsMax, end - 2);
  std::uint64_t number = 0;
  for (; digit < digits_end; ++digit) {
    const auto value = static_cast<unsigned char>(*digit - '0');
    if (value > 9) break;
    number = number * 10 + value;
  }
  if (digit == begin + 1 || end - digit < 2 || digit[0] != '\r' || digit[1] != '\n') return std::nullopt;
  if (number > RespDecoder::kClaimedBytesMax) return std::nullopt;
  at = static_cast<std::size_t>(digit + 2 - input.data());
  return number;
}

std::string quoted(char c) {
  std::string text = "'";
  base::append_json_escaped(text, {&c, 1});
  return text += '\'';
}

}  // namespace

OwnedCommand::OwnedCommand(std::string text, std::vector<std::string_view> parts)
    : text_(std::move(text)), parts_(std::move(parts)) {
  text_.reserve(text_.size() + RespDecoder::kPaddingBytes);
  std::size_t at = 0;
  for (std::string_view& part : parts_) {
    part = std::string_view(text_).substr(at, part.size());
    at += part.size();
  }
}

RespDecoder::Step RespDecoder::next(std::string_view& input) {
  command_taken();
  if (is_refused_) return Step::kRefused;
  if (!has_begun_ && take_in_place(input)) {
    is_handed_out_ = true;
    return Step::kCommand;
  }
  return take_pieces(input);
}

// Most commands lie whole in what was read. For one that does not, or is not sound, take_pieces() begins it again.
bool RespDecoder::take_in_place(std::string_view& input) {
  std::size_t at = 0;
  const auto count = read_header(input, at, '*');
  if (!count || *count == 0 || *count > limits_.parts_max) return false;
  std::uint64_t bytes = 0;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto size = read_header(input, at, '$');
    const bool is_whole = size && input.size() - at >= *size + 2 && input.substr(at + *size, 2) == "\r\n";
    if (is_whole) parts_.push_back(input.substr(at, std::min(*size, limits_.part_bytes_max + 1)));
    if (is_whole) bytes += parts_.back().size();
    if (!is_whole || bytes > limits_.command_bytes_max) {
      parts_.clear();
      return false;
    }
    at += *size + 2;
  }
  input.remove_prefix(at);
  return true;
}

// ---- a command that does not come in one piece ----

RespDecoder::Step RespDecoder::take_pieces(std::string_view& input) {
  while (!input.empty()) {
    has_begun_ = true;
    const std::size_t before = input.size();
    std::optional<Step> step;
    if (awaits_ == Awaits::kBulk)
      take_bulk(input);
    else if (awaits_ == Awaits::kBulkEnd)
      step = take_bulk_end(input);
    else
      step = take_line(input);
    received_bytes_ += before - input.size();
    if (step) return *step;
  }
  return Step::kNeedMore;
}

std::optional<RespDecoder::Step> RespDecoder::take_line(std::string_view& input) {
  const std::size_t end = input.find('\n');
  const std::string_view piece = input.substr(0, end);
  input.remove_prefix(std::min(piece.size() + 1, input.size()));
  const char first = line_.empty() ? (piece.empty() ? '\n' : piece.front()) : line_.front();
  const bool is_inline = awaits_ == Awaits::kCommand && first != '*';
  if (line_.size() + piece.size() > (is_inline ? kInlineBytesMax : kHeaderBytesMax))
    return refuse(is_inline                     ? "too big inline request"
                  : awaits_ == Awaits::kCommand ? "invalid multibulk length"
                                                : "invalid bulk length");
  line_ += piece;
  if (end == std::string_view::npos) return std::nullopt;
  const std::string line = std::exchange(line_, {});
  if (is_inline) return take_inline(line);
  return awaits_ == Awaits::kCommand ? begin_command(line) : begin_part(line);
}

std::optional<RespDecoder::Step> RespDecoder::begin_command(std::string_view line) {
  const auto count = line.ends_with('\r') ? read_number(line.substr(1, line.size() - 2)) : std::nullopt;
  if (!count) return refuse("invalid multibulk length");
  if (*count <= 0) return end_command();
  if (std::cmp_greater(*count, limits_.parts_max))
    return refuse("invalid multibulk length: a command has at most " + std::to_string(limits_.parts_max) +
                  " parts (limits.batch_records_max and 2)");
  parts_left_ = static_cast<std::uint64_t>(*count);
  awaits_ = Awaits::kHeader;
  return std::nullopt;
}

std::optional<RespDecoder::Step> RespDecoder::begin_part(std::string_view line) {
  if (!line.starts_with('$')) return refuse("expected '$', got " + quoted(line.empty() ? '\n' : line.front()));
  const auto size = line.ends_with('\r') ? read_number(line.substr(1, line.size() - 2)) : std::nullopt;
  if (!size || *size < 0 || std::cmp_greater(*size, kClaimedBytesMax)) return refuse("invalid bulk length");
  bulk_left_ = static_cast<std::uint64_t>(*size);
  keep_left_ = std::min(bulk_left_, limits_.part_bytes_max + 1);
  claimed_bytes_ += keep_left_;
  if (claimed_bytes_ > limits_.command_bytes_max) return refuse_size();
  sizes_.push_back(static_cast<std::uint32_t>(keep_left_));
  awaits_ = bulk_left_ > 0 ? Awaits::kBulk : Awaits::kBulkEnd;
  return std::nullopt;
}

void RespDecoder::take_bulk(std::string_view& input) {
  const std::string_view piece = input.substr(0, bulk_left_);
  const std::string_view kept = piece.substr(0, keep_left_);
  grow(kept.size());
  text_ += kept;
  keep_left_ -= kept.size();
  bulk_left_ -= piece.size();
  input.remove_prefix(piece.size());
  if (bulk_left_ == 0) awaits_ = Awaits::kBulkEnd;
}

std::optional<RespDecoder::Step> RespDecoder::take_bulk_end(std::string_view& input) {
  const char expected = line_.empty() ? '\r' : '\n';
  if (input.front() != expected) return refuse("a bulk string is longer than its length says");
  input.remove_prefix(1);
  if (line_.empty()) {
    line_ = '\r';
    return std::nullopt;
  }
  line_.clear();
  awaits_ = Awaits::kHeader;
  return --parts_left_ == 0 ? std::optional(end_command()) : std::nullopt;
}

std::optional<RespDecoder::Step> RespDecoder::take_inline(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  const auto words = split_inline(line);
  if (!words) return refuse("unbalanced quotes in request");
  if (words->size() > limits_.parts_max) return refuse("too many words in an inline request");
  for (const std::string& word : *words)
    if (!add_part(word)) return refuse_size();
  return end_command();
}

bool RespDecoder::add_part(std::string_view bytes) {
  const std::string_view kept = bytes.substr(0, limits_.part_bytes_max + 1);
  claimed_bytes_ += kept.size();
  if (claimed_bytes_ > limits_.command_bytes_max) return false;
  grow(kept.size());
  text_ += kept;
  sizes_.push_back(static_cast<std::uint32_t>(kept.size()));
  return true;
}

void RespDecoder::grow(std::size_t more) {
  base::grow_text(text_, text_.size() + more + kPaddingBytes, kFirstTextBytes,
                  limits_.command_bytes_max + kPaddingBytes);
}

RespDecoder::Step RespDecoder::end_command() {
  std::size_t at = 0;
  for (const std::uint32_t size : sizes_) {
    parts_.push_back(std::string_view(text_).substr(at, size));
    at += size;
  }
  awaits_ = Awaits::kCommand;
  has_begun_ = false;
  is_handed_out_ = true;
  return Step::kCommand;
}

RespDecoder::Step RespDecoder::refuse_size() {
  return refuse("a command is at most " + std::to_string(limits_.command_bytes_max) + " bytes in all");
}

RespDecoder::Step RespDecoder::refuse(std::string why) {
  abandon();
  refusal_ = std::move(why);
  return Step::kRefused;
}

// ---- its memory ----

void RespDecoder::command_taken() {
  if (!std::exchange(is_handed_out_, false)) return;
  parts_.clear();
  if (parts_.capacity() > kSpareParts) parts_.shrink_to_fit();
  if (sizes_.empty() && text_.empty() && received_bytes_ == 0) return;  // it lay in the input
  base::free_text(text_);
  sizes_.clear();
  sizes_.shrink_to_fit();
  claimed_bytes_ = 0;
  received_bytes_ = 0;
}

OwnedCommand RespDecoder::keep() {
  std::string text;
  if (sizes_.empty()) {
    std::size_t bytes = 0;
    for (const std::string_view part : parts_) bytes += part.size();
    text.reserve(bytes + kPaddingBytes);
    for (const std::string_view part : parts_) text += part;
  } else {
    text = std::exchange(text_, {});
  }
  std::vector<std::string_view> parts = std::exchange(parts_, {});
  command_taken();
  return {std::move(text), std::move(parts)};
}

void RespDecoder::abandon() {
  is_handed_out_ = true;
  received_bytes_ = 1;
  command_taken();
  base::free_text(line_);
  has_begun_ = false;
  is_refused_ = true;
}

std::size_t RespDecoder::bytes_needed() const { return awaits_ == Awaits::kBulk ? bulk_left_ + 2 : 0; }

std::size_t RespDecoder::held_bytes() const {
  return line_.size() + text_.size() + sizes_.capacity() * sizeof(std::uint32_t) +
         parts_.capacity() * sizeof(std::string_view);
}

}  // namespace crawlspool::redis
