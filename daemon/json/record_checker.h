// Says whether a record is one JSON text (RFC 8259) in valid UTF-8 and nothing else. simdjson's first stage finds the
// tokens and proves the UTF-8; nothing is unescaped or copied. One a thread: it owns the memory for the tokens' places,
// which is four times that of the record. For a large record that would be too much: its tokens are found one by one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "daemon/base/short_text.h"
#include "daemon/json/grammar.h"
#include "proto/codes.h"

namespace simdjson::internal {
class dom_parser_implementation;
}

namespace crawlspool::json {

struct RejectReason {
  proto::RejectCode code{};
  base::ShortText detail;
  std::optional<std::uint64_t> offset;  // where the trouble begins, where that is known
};

[[nodiscard]] RejectReason reject(proto::RejectCode code, std::string_view why,
                                  std::optional<std::uint64_t> offset = std::nullopt);
// Returns `reason` with its trouble at another offset: that of the record which the checked one was made of.
[[nodiscard]] RejectReason moved_to(const RejectReason& reason, std::uint64_t offset);

class RecordChecker {
 public:
  static constexpr std::size_t kLargeBytes = 1024 * 1024;

  // `depth_max`: how many arrays and objects may be open at once. `large_bytes`: from there on a record is large.
  explicit RecordChecker(std::size_t depth_max, std::size_t large_bytes = kLargeBytes);
  ~RecordChecker();

  void set_depth_max(std::size_t depth_max) { grammar_.set_depth_max(depth_max); }

  // Returns nothing if the record is sound. proto::FrameDecoder::kPaddingBytes bytes behind it are readable.
  [[nodiscard]] std::optional<RejectReason> check(std::string_view record);

 private:
  [[nodiscard]] int find_tokens(std::string_view record);  // a simdjson::error_code
  [[nodiscard]] std::optional<RejectReason> judge(std::string_view record);
  [[nodiscard]] std::optional<RejectReason> judge_large(std::string_view record);
  [[nodiscard]] std::optional<RejectReason> judge_tokens(std::string_view record,
                                                         const std::optional<JsonFault>& fault) const;

  JsonGrammar grammar_;
  std::size_t large_bytes_;
  std::unique_ptr<simdjson::internal::dom_parser_implementation> tokens_;
};

}  // namespace crawlspool::json
