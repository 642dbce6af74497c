// Reports what a reading of the spool finds wrong, in the order in which it is met: neighbouring damaged lines as one
// place.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "daemon/spool/read/segment_reader.h"

namespace crawlspool::cli {

class DamageLog final : public spool::LossReporter {
 public:
  using Say = std::function<void(const std::string& line)>;
  explicit DamageLog(Say say) : say_(std::move(say)) {}

  void damaged(spool::Position position, std::uint64_t bytes);
  // Bytes are missing, though the file `by` says that they were on the disk.
  void broken_promise(spool::Position position, std::uint64_t bytes, const std::string& by);
  // Something else is damaged, which `what` says.
  void damaged_otherwise(const std::string& what);
  // Says in its order what is no damage.
  void say(const std::string& line);
  // Says what is held back because more may be next to it.
  void flush();

  void missing(spool::Position position, std::uint64_t bytes) override;
  void removed(spool::Position position, std::uint64_t bytes) override;
  void doubled(spool::Position position, std::uint64_t bytes) override;
  void taken_back(spool::Position position, std::uint64_t bytes) override;
  void skipped(const std::string& file, const base::Error& why) override;

  [[nodiscard]] std::uint64_t places() const { return places_; }  // without those held back
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  // Returns 2 if anything was damaged or missing, else 1 if a file could not be read, else 0.
  [[nodiscard]] int exit_code() const;

 private:
  void place(spool::Position position, std::uint64_t bytes, const std::string& what);

  Say say_;
  spool::Position held_position_ = 0;
  std::uint64_t held_bytes_ = 0;
  std::uint64_t places_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t files_skipped_ = 0;
};

}  // namespace crawlspool::cli
