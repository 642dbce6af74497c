// The durable file: the position before which every byte is on the disk, as 20 digits, overwritten in place after each
// sync. Itself not synced, so it may be behind and is never ahead. Source: FORMAT.md, "Files".
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "daemon/spool/storage/file_system.h"
#include "daemon/spool/storage/layout.h"

namespace crawlspool::spool {

// Its content, at most that many bytes; kNotFound, or kDamaged where there are more. May be called beside the writer.
[[nodiscard]] base::Result<std::string> read_durable_text(Directory& directory);
// What it says; nothing where it is not there or holds anything other than 20 digits.
[[nodiscard]] std::optional<Position> read_durable(Directory& directory);

class DurableMark {
 public:
  // Makes the file if it is missing. A link or anything else that is no regular file is taken out of the way.
  [[nodiscard]] static base::Result<DurableMark> open(Directory& directory);

  [[nodiscard]] base::Result<void> write(Position position);
  [[nodiscard]] base::Result<void> sync() { return file_->sync_data(); }

 private:
  explicit DurableMark(std::unique_ptr<File> file) : file_(std::move(file)) {}

  std::unique_ptr<File> file_;
};

}  // namespace crawlspool::spool
