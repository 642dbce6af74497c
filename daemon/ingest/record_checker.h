// Says whether a record is one JSON text (RFC 8259) in valid UTF-8 and nothing else. One a thread: it owns the
// parser's memory, which grows to the largest record and is given back after a large one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proto/codes.h"

namespace simdjson::dom {
class parser;
}

namespace crawlspool::ingest {

struct RejectReason {
  proto::RejectCode code;
  std::string detail;
  std::optional<std::uint64_t> offset;  // where the trouble begins, where that is known
};

class RecordChecker {
 public:
  // `depth_max`: how many arrays and objects may be open at once.
  explicit RecordChecker(std::size_t depth_max);
  ~RecordChecker();

  // Nothing if the record is sound. proto::FrameDecoder::kPaddingBytes bytes behind it are readable.
  [[nodiscard]] std::optional<RejectReason> check(std::string_view record);

 private:
  [[nodiscard]] int parse(std::string_view record, std::size_t depth_max);  // a simdjson::error_code
  [[nodiscard]] std::optional<RejectReason> judge(int error, std::string_view record);
  [[nodiscard]] std::optional<RejectReason> judge_numbers(std::string_view record);
  [[nodiscard]] std::optional<RejectReason> judge_depth(std::string_view record);

  std::size_t depth_max_;
  std::unique_ptr<simdjson::dom::parser> parser_;
};

}  // namespace crawlspool::ingest
