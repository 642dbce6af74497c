// Decides how runs of records become frames: one record in each or many, compressed or not, as the settings want it and
// the server's limits allow. Owns the compressor, and what is known of batches that the server has refused.
#pragma once

#include <cstdint>
#include <string_view>

#include "clients/cpp/batch_compressor.h"
#include "clients/cpp/frames_in_flight.h"
#include "clients/cpp/messages.h"
#include "clients/cpp/record_window.h"
#include "proto/frame.h"

namespace crawlspool::client {

enum class Framing {
  kAlone,        // each record in a frame of its own, so that it may hold any bytes and be empty
  kBatches,      // as many in a frame as there are
  kZstdBatches,  // the same, compressed
};

class RunFraming {
 public:
  // `batch_bytes_max` bounds a batch that is not compressed, `compressed_batch_bytes_max` one before it is.
  RunFraming(Framing framing, std::uint64_t batch_bytes_max, std::uint64_t compressed_batch_bytes_max)
      : framing_(framing), batch_bytes_max_(batch_bytes_max), compressed_batch_bytes_max_(compressed_batch_bytes_max) {}

  // Takes the limits that the server has named; until then there are none.
  void set_limits(const Welcome& limits) { limits_ = limits; }
  [[nodiscard]] std::uint64_t record_bytes_max() const { return limits_.record_bytes_max; }  // 0: no limit
  [[nodiscard]] bool is_too_large(std::size_t record_bytes) const {
    return limits_.record_bytes_max > 0 && record_bytes > limits_.record_bytes_max;
  }

  // Returns what a run from this record on may hold.
  [[nodiscard]] RecordWindow::RunLimits run_limits(std::uint64_t first_seq) const;
  struct Frame {
    proto::FrameType type;
    std::string_view payload;  // valid until the next call, and as long as the run
  };
  [[nodiscard]] Frame frame_of(const RecordWindow::Run& run);

  // The server has taken nothing of this batch: its records go in frames of their own from now on.
  void on_refused_batch(const FramesInFlight::Frame& batch);
  // Numbers begin again: those of records in refused batches mean others now.
  void renumber() { plain_through_ = 0; }

 private:
  [[nodiscard]] bool is_worth_compressing(const RecordWindow::Run& run) const;

  const Framing framing_;
  const std::uint64_t batch_bytes_max_;
  const std::uint64_t compressed_batch_bytes_max_;
  Welcome limits_;
  std::uint64_t plain_through_ = 0;  // records up to this number were in a batch that was refused
  int compressed_refused_ = 0;
  BatchCompressor compressor_;
};

}  // namespace crawlspool::client
