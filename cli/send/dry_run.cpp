#include "cli/send/dry_run.h"

#include <poll.h>

#include <algorithm>
#include <optional>
#include <string>

#include "cli/common/fault_words.h"
#include "cli/common/stop_signals.h"
#include "daemon/json/record_checker.h"
#include "proto/codes.h"
#include "proto/frame_decoder.h"

namespace crawlspool::cli {
namespace {

constexpr int kLookAroundMs = 200;  // for signals

class Judge {
 public:
  explicit Judge(const config::Limits& limits)
      : bytes_max_(std::min<std::uint64_t>(limits.record_bytes_max, proto::kFramePayloadBytesMax)),
        checker_(limits.record_depth_max) {}

  // Returns "" if the daemon would store it.
  [[nodiscard]] std::string judge(const RecordLine& line) {
    if (line.is_too_long || line.bytes.size() > bytes_max_)
      return std::string(proto::word(proto::RejectCode::kRecordTooLarge)) + ": the server takes at most " +
             std::to_string(bytes_max_) + " bytes";
    padded_.assign(line.bytes);
    padded_.append(proto::FrameDecoder::kPaddingBytes, '\0');
    const auto reason = checker_.check(std::string_view(padded_).substr(0, line.bytes.size()));
    return reason ? verdict_words(line.bytes, proto::word(reason->code), std::string(reason->detail.view()),
                                  reason->offset)
                  : "";
  }

 private:
  std::uint64_t bytes_max_;
  json::RecordChecker checker_;
  std::string padded_;
};

}  // namespace

DryRun dry_run(RecordSource& source, const config::Limits& limits, Console& console) {
  Judge judge(limits);
  DryRun result;
  RecordLine line{};
  while (!stop_requested()) {
    const RecordSource::Step step = source.next(line);
    if (step == RecordSource::Step::kEnd) return result;
    if (step == RecordSource::Step::kFileFailed) {
      console.say_error(source.error());
      result.is_incomplete = true;
    } else if (step == RecordSource::Step::kNothingYet) {
      pollfd waiting{source.fd(), POLLIN, 0};
      ::poll(&waiting, 1, kLookAroundMs);
    } else {
      ++result.records;
      if (const std::string verdict = judge.judge(line); !verdict.empty()) {
        ++result.refused;
        console.say(source.describe({source.file_index(), line.number, line.end_offset}) + ": " + verdict);
      }
      console.progress(source.bytes_read(), source.total_bytes(), result.records, "record");
    }
  }
  result.is_incomplete = true;
  return result;
}

}  // namespace crawlspool::cli
