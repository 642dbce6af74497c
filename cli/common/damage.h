// What a reading of the spool found wrong, told as it is met: neighbouring damaged lines as one place.
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
  // Bytes that are not there, though the file `by` says that they were on the disk.
  void broken_promise(spool::Position position, std::uint64_t bytes, const std::string& by);
  // Anything else that is damaged, in words.
  void damaged_otherwise(const std::string& what);
  // Said in its order, and no damage.
  void say(const std::string& line);
  // Says what is still held back because more may be next to it.
  void settle();

  void missing(spool::Position position, std::uint64_t bytes) override;
  void removed(spool::Position position, std::uint64_t bytes) override;
  void doubled(spool::Position position, std::uint64_t bytes) override;
  void taken_back(spool::Position position, std::uint64_t bytes) override;
  void skipped(const std::string& file, const base::Error& why) override;

  [[nodiscard]] std::uint64_t places() const { return places_; }  // settled ones
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  // 2 if anything was damaged or missing, else 1 if a file could not be read, else 0.
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
