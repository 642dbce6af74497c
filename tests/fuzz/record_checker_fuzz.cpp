// The checker's verdict is that of simdjson's full parse, whatever the record and whatever stands behind it; but it
// takes numbers of any size, and counts the depth its own way.
// Input: the most that may be open at once; the record.
#include <simdjson.h>

#include <algorithm>
#include <string>

#include "daemon/json/record_checker.h"
#include "proto/frame_decoder.h"
#include "tests/fuzz/fuzzing.h"

namespace {

using crawlspool::json::RecordChecker;
using crawlspool::json::RejectReason;
using crawlspool::proto::FrameDecoder;
using crawlspool::proto::RejectCode;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Outside of strings no row of more than two digits, so that every number is one that the full parse can hold.
std::string with_short_numbers(std::string_view json) {
  std::string out;
  bool in_string = false;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    digits = !in_string && is_digit(c) ? digits + 1 : 0;
    if (digits > 2) continue;
    out += c;
    if (c == '"') in_string = !in_string;
    if (c == '\\' && i + 1 < json.size()) {
      out += json[++i];
      digits = 0;
    }
  }
  return out;
}

std::size_t depth_of(std::string_view json) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (json[i] == '\\')
      ++i;
    else if (json[i] == '"')
      in_string = !in_string;
    else if (!in_string && (json[i] == '[' || json[i] == '{'))
      deepest = std::max(deepest, ++depth);
    else if (!in_string && (json[i] == ']' || json[i] == '}') && depth > 0)
      --depth;
  }
  return deepest;
}

simdjson::error_code parse(std::string_view record) {
  const simdjson::padded_string padded(with_short_numbers(record));
  simdjson::dom::parser parser;
  if (const auto error = parser.allocate(std::max<std::size_t>(padded.size(), 64), padded.size() + 2)) return error;
  return parser.parse(padded).error();
}

void claim_verdict(const std::optional<RejectReason>& verdict, simdjson::error_code full, bool is_too_deep) {
  if (full == simdjson::SUCCESS) {
    FUZZ_CLAIM(verdict.has_value() == is_too_deep);
    FUZZ_CLAIM(!verdict || verdict->code == RejectCode::kTooDeep);
    return;
  }
  FUZZ_CLAIM(verdict.has_value());
  FUZZ_CLAIM((verdict->code == RejectCode::kInvalidUtf8) == (full == simdjson::UTF8_ERROR));
  FUZZ_CLAIM(verdict->code != RejectCode::kTooDeep || is_too_deep);
  FUZZ_CLAIM(verdict->code != RejectCode::kEmptyRecord);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  crawlspool::fuzz::Input input(data, size);
  const std::size_t depth_max = 1 + input.byte() % 8;
  const std::string_view record = input.rest();
  RecordChecker checker(depth_max);
  const bool is_too_deep = depth_of(record) > depth_max;
  for (const char behind : {'1', '"', ' '}) {
    std::string padded(record);
    padded.append(FrameDecoder::kPaddingBytes, behind);
    padded.shrink_to_fit();
    const auto verdict = checker.check(std::string_view(padded).substr(0, record.size()));
    if (record.empty()) {
      FUZZ_CLAIM(verdict && verdict->code == RejectCode::kEmptyRecord);
      continue;
    }
    FUZZ_CLAIM(!verdict || !verdict->offset || *verdict->offset <= record.size());
    claim_verdict(verdict, parse(record), is_too_deep);
  }
  return 0;
}
