#include "daemon/json/record_checker.h"

#include <simdjson.h>

#include <algorithm>
#include <span>

#include "daemon/base/out_of_memory.h"
#include "daemon/base/text.h"
#include "daemon/json/escapes.h"
#include "daemon/json/tokens.h"
#include "proto/frame_decoder.h"

namespace crawlspool::json {
namespace {

using proto::RejectCode;

static_assert(proto::FrameDecoder::kPaddingBytes >= simdjson::SIMDJSON_PADDING);
static_assert(proto::FrameDecoder::kPaddingBytes >= kEscapesPaddingBytes);

constexpr std::size_t kFirstCapacityBytes = 64 * 1024;

constexpr std::string_view kAtByte = " at byte ";

std::optional<std::uint64_t> first_bad_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = base::utf8_character_bytes(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

std::unique_ptr<simdjson::internal::dom_parser_implementation> tokens_for(std::size_t capacity_bytes) {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> tokens;
  constexpr std::size_t kUnusedDepth = 1;  // for what comes behind the first stage
  const auto error =
      simdjson::get_active_implementation()->create_dom_parser_implementation(capacity_bytes, kUnusedDepth, tokens);
  if (error != simdjson::SUCCESS) base::out_of_memory();
  return tokens;
}

}  // namespace

RejectReason reject(RejectCode code, std::string_view why, std::optional<std::uint64_t> offset) {
  RejectReason reason{code, why, offset};
  if (offset) (reason.detail += kAtByte) += *offset;
  return reason;
}

RejectReason moved_to(const RejectReason& reason, std::uint64_t offset) {
  const std::string_view said = reason.detail.view();
  return reject(reason.code, said.substr(0, said.rfind(kAtByte)), offset);
}

RecordChecker::RecordChecker(std::size_t depth_max, std::size_t large_bytes)
    : grammar_(depth_max), large_bytes_(large_bytes), tokens_(tokens_for(kFirstCapacityBytes)) {}

RecordChecker::~RecordChecker() = default;

std::optional<RejectReason> RecordChecker::check(std::string_view record) {
  if (record.empty()) return reject(RejectCode::kEmptyRecord, "the record has no bytes");
  return record.size() < large_bytes_ ? judge(record) : judge_large(record);
}

int RecordChecker::find_tokens(std::string_view record) {
  if (tokens_->capacity() < record.size()) tokens_ = tokens_for(record.size());
  return tokens_->stage1(reinterpret_cast<const std::uint8_t*>(record.data()), record.size(),
                         simdjson::stage1_mode::regular);
}

std::optional<RejectReason> RecordChecker::judge(std::string_view record) {
  switch (find_tokens(record)) {
    case simdjson::SUCCESS:
      break;
    case simdjson::UTF8_ERROR:
      return reject(RejectCode::kInvalidUtf8, "not valid UTF-8", first_bad_utf8(record));
    case simdjson::EMPTY:
      return reject(RejectCode::kInvalidJson, "only white space");
    case simdjson::UNESCAPED_CHARS:
    case simdjson::UNCLOSED_STRING:
      return reject(RejectCode::kInvalidJson, "not valid JSON", first_string_fault(record));
    default:
      return reject(RejectCode::kInvalidJson, "not valid JSON");
  }
  const std::span tokens(tokens_->structural_indexes.get(), tokens_->n_structural_indexes);
  return judge_tokens(record, grammar_.find_fault(record, tokens));
}

// Says what simdjson's first stage would say first. Strings are looked at once where nothing is wrong.
std::optional<RejectReason> RecordChecker::judge_large(std::string_view record) {
  bool has_string_fault = false;
  const auto grammar_fault = grammar_.find_fault(record, has_string_fault);
  if (grammar_fault || has_string_fault)
    if (const auto fault = string_fault(record)) return reject(RejectCode::kInvalidJson, "not valid JSON", *fault);
  if (first_token(record) == record.size()) return reject(RejectCode::kInvalidJson, "only white space");
  if (!simdjson::validate_utf8(record.data(), record.size()))
    return reject(RejectCode::kInvalidUtf8, "not valid UTF-8", first_bad_utf8(record));
  return judge_tokens(record, grammar_fault);
}

std::optional<RejectReason> RecordChecker::judge_tokens(std::string_view record,
                                                        const std::optional<JsonFault>& fault) const {
  if (fault && fault->kind == JsonFault::Kind::kTooDeep) {
    base::ShortText why("more than ");
    why += std::uint64_t{grammar_.depth_max()};
    why += " arrays and objects open at once";
    return reject(RejectCode::kTooDeep, why);
  }
  if (fault) {
    const bool is_byte_order_mark = fault->offset == 0 && record.starts_with("\xef\xbb\xbf");
    return reject(RejectCode::kInvalidJson, is_byte_order_mark ? "a byte order mark" : "not valid JSON", fault->offset);
  }
  if (const auto escape = first_bad_escape(record)) return reject(RejectCode::kInvalidJson, "a bad escape", *escape);
  return std::nullopt;
}

}  // namespace crawlspool::json
