#include "clients/cpp/run_framing.h"

#include <algorithm>

namespace crawlspool::client {
namespace {

using proto::FrameType;

constexpr std::size_t kCompressAloneBytes = 4096;
constexpr int kCompressedRefusedMax = 2;  // after that batches go as they are

}  // namespace

RecordWindow::RunLimits RunFraming::run_limits(std::uint64_t first_seq) const {
  const bool alone = framing_ == Framing::kAlone || first_seq <= plain_through_ || limits_.batch_bytes_max == 0;
  const std::uint64_t target = framing_ == Framing::kZstdBatches ? compressed_batch_bytes_max_ : batch_bytes_max_;
  return {.bytes_max = std::min(target, limits_.batch_bytes_max),
          .records_max = alone ? 1 : std::max<std::uint64_t>(limits_.batch_records_max, 1),
          .record_bytes_max = limits_.record_bytes_max > 0 ? limits_.record_bytes_max : proto::kFramePayloadBytesMax};
}

bool RunFraming::is_worth_compressing(const RecordWindow::Run& run) const {
  return framing_ == Framing::kZstdBatches && compressed_refused_ < kCompressedRefusedMax &&
         limits_.batch_bytes_max >= run.text.size() && (run.records > 1 || run.text.size() >= kCompressAloneBytes) &&
         run.first_seq > plain_through_;
}

// A record that is alone goes as a plain frame, unless it is worth compressing; a batch that does not get smaller goes
// as it is.
RunFraming::Frame RunFraming::frame_of(const RecordWindow::Run& run) {
  const Frame plain = run.records == 1 ? Frame{FrameType::kRecord, run.text.substr(0, run.text.size() - 1)}
                                       : Frame{FrameType::kBatch, run.text};
  if (!is_worth_compressing(run)) return plain;
  const std::string_view compressed = compressor_.compress(run.text);
  return compressed.size() < plain.payload.size() ? Frame{FrameType::kZstdBatch, compressed} : plain;
}

void RunFraming::on_refused_batch(const FramesInFlight::Frame& batch) {
  plain_through_ = std::max(plain_through_, batch.last_seq);
  compressed_refused_ += batch.type == FrameType::kZstdBatch;
}

}  // namespace crawlspool::client
