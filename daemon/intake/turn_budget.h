// Limits what one connection may cost in a turn of its loop, counted by what the work takes and not by what it yields:
// blank lines, empty frames and rejects cost as well as records. A unit is about a nanosecond of a processor of today,
// from measurement; the sums are estimates, so that no clock is read for each record. Used on one loop's thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace crawlspool::intake {

class TurnBudget {
 public:
  static constexpr std::uint64_t kTurnCostMax = 1024 * 1024;

  static constexpr std::uint64_t kLineCost = 256;  // and one for each byte of it
  static constexpr std::uint64_t kRejectCost = 2048;
  static constexpr std::uint64_t kCountedRecordCost = 16;   // looked at, and neither checked nor copied
  static constexpr std::uint64_t kCheckedRecordCost = 128;  // checked and not yet written; and one for each byte of it
  static constexpr std::uint64_t kCommandCost = 64;         // of Redis, beside what it brings
  static constexpr std::uint64_t kDatagramCost = 512;       // received, beside what it brings
  static constexpr std::uint64_t kScannedBytesAUnit = 4;
  static constexpr std::uint64_t kRequestCost = 16 * 1024;     // of HTTP, beside what it brings
  static constexpr std::uint64_t kHandshakeCost = 128 * 1024;  // of TLS, each time more of one came
  static constexpr std::uint64_t kDecoderStartCost = 8 * 1024;
  static constexpr std::uint64_t kDecoderCallCost = 512;
  static constexpr std::uint64_t kDecoderByteCost = 8;  // of what came in
  static constexpr std::uint64_t kDecompressedBytesAUnit = 2;
  static constexpr std::uint64_t kDecodedByteCost = 4;  // of a record in another charset, as it came

  // Begins a new turn: nothing is spent.
  void begin(std::uint64_t cost_max = kTurnCostMax) {
    spent_ = 0;
    made_bytes_ = 0;
    cost_max_ = cost_max;
  }

  // Counts a record that became a line of the spool.
  void count_line(std::size_t line_bytes) {
    spent_ += kLineCost + line_bytes;
    made_bytes_ += line_bytes;
  }
  // A record was checked and turned down; `kept_bytes` of it, with its verdict, go to rejected/.
  void count_reject(std::size_t record_bytes, std::size_t kept_bytes) {
    spent_ += kRejectCost + record_bytes + kept_bytes;
    made_bytes_ += kept_bytes;
  }
  // Counts content in which lines' ends were looked for: blank lines, or records that are only counted or skipped.
  void count_scanned(std::size_t bytes, std::uint64_t records = 0) {
    spent_ += bytes / kScannedBytesAUnit + records * kCountedRecordCost;
  }
  // Counts a record that was checked, and is checked again where it is written.
  void count_checked(std::size_t record_bytes) { spent_ += kCheckedRecordCost + record_bytes; }
  void count_command() { spent_ += kCommandCost; }
  void count_datagram() { spent_ += kDatagramCost; }
  // Counts a record in another charset that was decoded, or looked at to its end, or a part of it.
  void count_decoded(std::size_t bytes) { spent_ += bytes * kDecodedByteCost; }
  void count_request() { spent_ += kRequestCost; }
  void count_handshake() { spent_ += kHandshakeCost; }
  void count_decoder_start() { spent_ += kDecoderStartCost; }
  // Counts one call of a decompressor, whatever came out.
  void count_decoder_call(std::size_t read_bytes, std::size_t written_bytes) {
    spent_ += kDecoderCallCost + read_bytes * kDecoderByteCost + written_bytes / kDecompressedBytesAUnit;
  }

  [[nodiscard]] bool is_spent() const { return spent_ >= cost_max_; }
  [[nodiscard]] std::uint64_t spent() const { return spent_; }
  // Returns the bytes of lines and rejects, for the spool.
  [[nodiscard]] std::uint64_t made_bytes() const { return made_bytes_; }

 private:
  std::uint64_t spent_ = 0;
  std::uint64_t made_bytes_ = 0;
  std::uint64_t cost_max_ = kTurnCostMax;
};

}  // namespace crawlspool::intake
