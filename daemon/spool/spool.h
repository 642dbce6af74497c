// A spool directory opened for writing: claimed, recovered, and ready for the committer. Owns the directory, the
// growing segment and rejected/. Source: FORMAT.md.
#pragma once

#include <memory>
#include <string>

#include "daemon/base/clock.h"
#include "daemon/spool/file_system.h"
#include "daemon/spool/recovery.h"
#include "daemon/spool/rejected_log.h"
#include "daemon/spool/segment_writer.h"

namespace crawlspool::spool {

struct SpoolOptions {
  std::uint64_t keep_free_bytes = 0;
  std::uint64_t rejected_bytes_max = 0;
};

class Spool {
 public:
  // Everything that has to be durable before the first ack is, when this returns.
  [[nodiscard]] static base::Result<std::unique_ptr<Spool>> open(std::unique_ptr<Directory> directory,
                                                                 const SpoolOptions& options, const base::Clock& clock);

  [[nodiscard]] SegmentWriter& writer() { return *writer_; }
  [[nodiscard]] RejectedLog& rejected() { return *rejected_; }
  [[nodiscard]] const RecoveryReport& recovery() const { return recovery_; }
  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] std::string path() const { return directory_->path(); }

 private:
  Spool(std::unique_ptr<Directory> directory, std::string id) : directory_(std::move(directory)), id_(std::move(id)) {}

  base::Result<void> open_segment(const SpoolOptions& options);

  std::unique_ptr<Directory> directory_;
  std::string id_;
  RecoveryReport recovery_;
  std::unique_ptr<SegmentWriter> writer_;
  std::unique_ptr<RejectedLog> rejected_;
};

}  // namespace crawlspool::spool
