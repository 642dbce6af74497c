#include "daemon/ingest/record_checker.h"

#include <simdjson.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/base/text.h"
#include "daemon/ingest/json_numbers.h"
#include "proto/frame_decoder.h"

namespace crawlspool::ingest {
namespace {

using proto::RejectCode;

static_assert(proto::FrameDecoder::kPaddingBytes >= simdjson::SIMDJSON_PADDING);

// A parser's memory is some 15 times its capacity: what a large record took is given back.
constexpr std::size_t kKeptCapacityBytes = 1024 * 1024;
constexpr std::size_t kFirstCapacityBytes = 64 * 1024;
// Finding where a record goes wrong takes a slower parser; a large one is only told that it does.
constexpr std::size_t kLocateBytesMax = 64 * 1024;

RejectReason reject(RejectCode code, std::string detail, std::optional<std::uint64_t> offset = std::nullopt) {
  if (offset) detail += " at byte " + std::to_string(*offset);
  return {code, std::move(detail), offset};
}

std::optional<std::uint64_t> first_bad_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = base::utf8_character_bytes(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

// nlohmann's parser as a locator: it may take what is refused here (then there is no offset), never the verdict.
class ErrorLocator : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::optional<std::uint64_t> offset;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    // Out-of-range numbers end the parse too and are no error here. Positions count from 1.
    constexpr int kParseErrorLast = 199;
    if (error.id <= kParseErrorLast && position > 0) offset = position - 1;
    return false;
  }
};

std::optional<std::uint64_t> locate(std::string_view record) {
  if (record.size() > kLocateBytesMax) return std::nullopt;
  ErrorLocator locator;
  nlohmann::json::sax_parse(record.begin(), record.end(), &locator);
  if (locator.offset) locator.offset = std::min<std::uint64_t>(*locator.offset, record.size());
  return locator.offset;
}

// The most arrays and objects open at once, by counting brackets outside of strings.
std::size_t bracket_depth(std::string_view text) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

}  // namespace

RecordChecker::RecordChecker(std::size_t depth_max)
    : depth_max_(depth_max), parser_(std::make_unique<simdjson::dom::parser>()) {}

RecordChecker::~RecordChecker() = default;

int RecordChecker::parse(std::string_view record, std::size_t depth_max) {
  if (parser_->capacity() < record.size() || parser_->max_depth() != depth_max) {
    const auto error = parser_->allocate(std::max(record.size(), kFirstCapacityBytes), depth_max);
    if (error != simdjson::SUCCESS) return error;
  }
  return parser_->parse(record.data(), record.size(), false).error();
}

std::optional<RejectReason> RecordChecker::check(std::string_view record) {
  if (record.empty()) return reject(RejectCode::kEmptyRecord, "the record has no bytes");
  const int error = parse(record, depth_max_);
  std::optional<RejectReason> verdict;
  if (error != simdjson::SUCCESS) verdict = judge(error, record);
  if (parser_->capacity() > kKeptCapacityBytes) parser_ = std::make_unique<simdjson::dom::parser>();
  return verdict;
}

std::optional<RejectReason> RecordChecker::judge(int error, std::string_view record) {
  switch (error) {
    case simdjson::UTF8_ERROR:
      return reject(RejectCode::kInvalidUtf8, "not valid UTF-8", first_bad_utf8(record));
    case simdjson::DEPTH_ERROR:
      return judge_depth(record);
    case simdjson::NUMBER_ERROR:
      return judge_numbers(record);
    case simdjson::EMPTY:
      return reject(RejectCode::kInvalidJson, "only white space");
    case simdjson::MEMALLOC:
      return reject(RejectCode::kInvalidJson, "no memory to check the record");
    default:
      break;
  }
  if (bracket_depth(record) > depth_max_) return judge_depth(record);
  if (record.starts_with("\xef\xbb\xbf")) return reject(RejectCode::kInvalidJson, "a byte order mark", 0);
  return reject(RejectCode::kInvalidJson, "not valid JSON", locate(record));
}

// The parser counts an empty innermost array differently from one with something in it, so its word is checked by
// counting, and what is within the limit is parsed with one level to spare.
std::optional<RejectReason> RecordChecker::judge_depth(std::string_view record) {
  if (bracket_depth(record) > depth_max_)
    return reject(RejectCode::kTooDeep, "more than " + std::to_string(depth_max_) + " arrays and objects open at once");
  const int error = parse(record, depth_max_ + 2);
  if (error == simdjson::SUCCESS) return std::nullopt;
  if (error == simdjson::DEPTH_ERROR) return reject(RejectCode::kTooDeep, "too deep");
  return judge(error, record);
}

std::optional<RejectReason> RecordChecker::judge_numbers(std::string_view record) {
  std::string scratch;
  scratch.reserve(record.size() + simdjson::SIMDJSON_PADDING);
  scratch = record;
  if (const auto bad = flatten_numbers(scratch)) return reject(RejectCode::kInvalidJson, "a bad number", *bad);
  const int error = parse(scratch, depth_max_ + 2);
  if (error == simdjson::SUCCESS) return bracket_depth(scratch) > depth_max_ ? judge_depth(scratch) : std::nullopt;
  if (error == simdjson::NUMBER_ERROR) return reject(RejectCode::kInvalidJson, "not valid JSON", locate(record));
  return judge(error, scratch);
}

}  // namespace crawlspool::ingest
