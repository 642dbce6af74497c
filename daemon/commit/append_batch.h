// Holds what one loop has taken in between two commits, by value: lines, rejects, and for each connection and session
// up to which record that brings it. The loop fills it, the committer stores it and hands it back to the loop.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "daemon/commit/line_chunks.h"
#include "daemon/commit/stream_labels.h"
#include "daemon/session/lease_request.h"
#include "daemon/spool/lines/sessions.h"
#include "proto/codes.h"
#include "proto/inputs.h"

namespace crawlspool::commit {

// Bounds one commit, and a loop's batch behind it: with more, acks would only wait. The disk is fastest far below it.
inline constexpr std::size_t kCommitBytesMax = 32 * 1024 * 1024;
// From so many bytes on, a commit's fixed costs are small beside its bytes'.
inline constexpr std::size_t kWorthCommitBytes = 4 * 1024 * 1024;

// What a batch brings to a connection.
struct ConnectionMark {
  base::ConnectionId connection = 0;
  std::uint64_t seq = 0;      // every record of the connection up to this one is in this batch or an earlier one
  bool once_written = false;  // it wants to know as soon as the lines are written, too
};

class CompletionSink;

struct AppendBatch {
  CompletionSink* sink = nullptr;  // the loop it goes back to
  std::uint64_t number = 0;        // counts this loop's batches
  LineChunks lines;
  LineChunks rejects;  // lines for rejected/
  std::vector<ConnectionMark> connections;
  std::vector<spool::SessionMark> sessions;           // the numbers that these records bring
  std::vector<session::LeaseRequest> lease_requests;  // with their replies when the batch comes back
  std::vector<spool::SessionKey> ended_sessions;      // the connections that had been granted them send nothing more
  std::vector<std::function<void()>> afterwards;      // called on the loop when the batch comes back
  bool acks_once_written = false;                     // one of the connections wants it
  std::uint64_t charged_bytes = 0;                    // on the loop's memory account
  std::uint64_t charged_line_bytes = 0;               // of that, for the lines' chunks
  std::uint64_t charged_reject_bytes = 0;             // and for the rejects'
  std::uint64_t records = 0;
  proto::PerInput<std::uint64_t> records_by_input;
  StreamCounts records_by_stream{};  // by label
  std::uint64_t record_bytes = 0;
  std::array<std::uint64_t, proto::kRejectCodes> rejects_by_code{};
  std::uint64_t rejects_cut = 0;    // kept in part, because their senders had too many
  std::int64_t first_taken_us = 0;  // monotonic, of its first record
  bool is_probe = false;            // asks for a synced write even with nothing in it
  bool stored = false;              // the committer's answer

  [[nodiscard]] bool empty() const {
    return connections.empty() && !is_probe && lease_requests.empty() && ended_sessions.empty() && afterwards.empty();
  }
  [[nodiscard]] std::size_t bytes() const { return lines.bytes() + rejects.bytes(); }
};

using Batches = std::vector<std::unique_ptr<AppendBatch>>;
using BatchView = std::span<const std::unique_ptr<AppendBatch>>;

// Whether `is` holds for any of the batches.
[[nodiscard]] inline bool any_of(BatchView batches, bool (*is)(const AppendBatch&)) {
  return std::any_of(batches.begin(), batches.end(), [is](const auto& batch) { return is(*batch); });
}

class CompletionSink {
 public:
  // The batch is on the disk, or never will be (`stored`). Called on the committer's thread.
  virtual void completed(std::unique_ptr<AppendBatch> batch) = 0;
  // The lines up to these marks are written and not yet on the disk. Called on the committer's thread.
  virtual void written(std::vector<ConnectionMark> marks) = 0;

 protected:
  ~CompletionSink() = default;
};

}  // namespace crawlspool::commit
