// Owns the durable file: 20 digits for the position before which every byte is on the disk, overwritten in place after
// each sync. The file itself is not synced, so it may be behind and is never ahead. Source: FORMAT.md, "Files".
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "daemon/spool/storage/file_system.h"
#include "daemon/spool/storage/layout.h"

namespace crawlspool::spool {

// Returns the file's content. Fails with kNotFound, and with kDamaged where it is longer than 20 digits. May be called
// beside the writer.
[[nodiscard]] base::Result<std::string> read_durable_text(Directory& directory);
// Returns what the file says; nothing where it is not there or holds anything other than 20 digits.
[[nodiscard]] std::optional<Position> read_durable(Directory& directory);

class DurableMark {
 public:
  // Makes the file if it is missing. Removes a link or anything else that is no regular file and has its name.
  [[nodiscard]] static base::Result<DurableMark> open(Directory& directory);

  [[nodiscard]] base::Result<void> write(Position position);
  [[nodiscard]] base::Result<void> sync() { return file_->sync_data(); }

 private:
  explicit DurableMark(std::unique_ptr<File> file) : file_(std::move(file)) {}

  std::unique_ptr<File> file_;
};

}  // namespace crawlspool::spool
