// A spool directory that is open for writing: claimed, recovered, and ready for the committer. Owns the directory, the
// active segment, the durable mark, the sessions' numbers, rejected/, and the maintenance.
//
//   append ──► sync ──► (acks)         a full or old segment is sealed and the next one begun before an append
//
// Everything but maintain(), maintenance_can_wait(), is_under_load() and maintenance_stats() is for the committer's
// thread. Storage errors stick: after a failed write, sync or rename every call returns that error, and nothing is
// tried again. What may pass (base::may_pass(): a full disk, no descriptor) is no such error. append() and tick() check
// once a second that the spool is still ours: once its lock no longer has its name, or the directory its path, they
// fail for ever (kLocked). Source: FORMAT.md.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/spool/control/durable_mark.h"
#include "daemon/spool/control/rejected_log.h"
#include "daemon/spool/control/snapshot.h"
#include "daemon/spool/lines/sessions.h"
#include "daemon/spool/recovery/recovery.h"
#include "daemon/spool/storage/file_system.h"
#include "daemon/spool/write/maintenance.h"
#include "daemon/spool/write/segment_writer.h"

namespace crawlspool::spool {

struct SpoolOptions {
  std::uint64_t keep_free_bytes = 0;
  std::uint64_t rejected_bytes_max = 0;
  std::uint64_t segment_bytes_max = 0;  // 0: no limit
  std::int64_t segment_age_ms_max = 0;  // 0: no limit
  std::int64_t snapshot_interval_ms = 10'000;
  MaintenanceOptions maintenance{};
};

// What to do where the disk has no room for what was appended since the last sync.
enum class IfFull {
  kCutBack,  // cut it off: it can be offered again
  kFail,     // fail as with any other error: it was promised to someone and is no longer held
};

class Spool {
 public:
  // Makes everything durable that has to be so before the first ack.
  [[nodiscard]] static base::Result<std::unique_ptr<Spool>> open(std::unique_ptr<Directory> directory,
                                                                 const SpoolOptions& options, const base::Clock& clock);

  // Writes `chunks` of whole lines, in order; the first line is `first_line_bytes` long. Returns how many bytes of them
  // are in the segment: whole lines, fewer than offered where the disk ran full on the way; the rest may be offered
  // later. After an error that may pass none is. `sessions` are the numbers that these lines bring; they count once the
  // lines are synced. Where only a part of the lines is in, only its numbers count; with the rest the numbers of the
  // whole offer are given again.
  [[nodiscard]] base::Result<std::size_t> append(std::span<const std::string_view> chunks, std::size_t first_line_bytes,
                                                 std::span<const SessionMark> sessions = {});

  // Takes the numbers that records without a line bring: they count with the next sync, or now if all is synced.
  void note(std::span<const SessionMark> sessions);

  // Makes what was appended durable and says so in the durable file: now it may be acked. After an error that may pass,
  // and with kCutBack only, what was appended since the last sync is no longer in the segment.
  [[nodiscard]] base::Result<void> sync(IfFull if_full = IfFull::kCutBack);

  // Proves that a write can be synced, without changing the segment.
  [[nodiscard]] base::Result<void> probe();

  // Whether the segment is full or old. The next append seals it if everything in it is synced.
  [[nodiscard]] bool wants_rotation() const;
  // Does what is due without an append: seals an old segment, hands a snapshot to the maintenance.
  [[nodiscard]] base::Result<void> tick();

  // They count from the next call on.
  void set_options(const SpoolOptions& options);

  // Syncs, gives the unused preallocation back and leaves a snapshot.
  [[nodiscard]] base::Result<void> close();

  // Does one piece of maintenance, on the maintenance thread; false where nothing is to be done now.
  bool maintain() { return maintenance_->step(); }
  // Whether what follows that piece may wait for a quieter time; on the same thread.
  [[nodiscard]] bool maintenance_can_wait() const { return maintenance_->can_wait(); }
  // Whether this is no quiet time: lately megabytes were appended at once, so more comes than is written at once. From
  // any thread.
  [[nodiscard]] bool is_under_load() const;
  [[nodiscard]] MaintenanceStats maintenance_stats() const { return maintenance_->stats(); }

  [[nodiscard]] Position position() const { return position_; }
  [[nodiscard]] Position durable() const { return durable_; }
  [[nodiscard]] std::uint64_t active_bytes() const { return writer_ ? position_ - writer_->begin() : 0; }
  // Returns the numbers of what is synced, and of nothing else.
  [[nodiscard]] const SessionTable& sessions() const { return sessions_.synced(); }
  void forget_session(SessionKey key) { sessions_.forget(key); }
  // Whether the wall clock may be believed where something goes because of its age.
  [[nodiscard]] bool believes_ages() const { return maintenance_->believes_ages(); }
  // Whether `bytes` more would leave less than the keep-free mark.
  [[nodiscard]] bool has_room(std::uint64_t bytes) const;
  // Returns what is free for the spool: what the file system says, and what is preallocated and not used.
  [[nodiscard]] std::uint64_t free_bytes() const;

  [[nodiscard]] RejectedLog& rejected() { return *rejected_; }
  [[nodiscard]] const RecoveryReport& recovery() const { return recovery_; }
  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] std::string path() const { return directory_->path(); }

 private:
  Spool(std::unique_ptr<Directory> directory, std::string id, const SpoolOptions& options, const base::Clock& clock);

  base::Result<void> start();
  base::Result<void> take_over(Recovered recovered);
  base::Result<void> rotate();
  base::Result<void> seal();
  base::Result<void> begin_segment();
  [[nodiscard]] SegmentWriter::Limits writer_limits() const;
  void leave_snapshot();
  void point_at(const std::string& segment);
  [[nodiscard]] base::Result<void> check_claim();
  [[nodiscard]] base::Error stick(base::Error error);

  std::unique_ptr<Directory> directory_;
  const std::string id_;
  SpoolOptions options_;
  const base::Clock& clock_;
  RecoveryReport recovery_;
  std::optional<DurableMark> durable_mark_;
  std::unique_ptr<SegmentWriter> writer_;  // none between the sealing of one segment and the first line of the next
  std::unique_ptr<RejectedLog> rejected_;
  SessionNumbers sessions_;
  Position position_ = 0;
  Position durable_ = 0;
  std::optional<std::int64_t> segment_since_us_;  // monotonic, of the segment's first line
  std::int64_t snapshot_offered_us_ = 0;
  std::int64_t check_claim_us_ = 0;  // monotonic, when next
  std::optional<base::Error> failed_;
  std::atomic<std::int64_t> large_append_us_;  // monotonic, of the last one
  std::unique_ptr<Maintenance> maintenance_;   // last: it uses the directory
};

}  // namespace crawlspool::spool
