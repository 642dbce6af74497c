// What befalls a disk by chance: calls that fail, writes that are short, a disk that is full for a while, and what a
// crash leaves of what was not synced.
#pragma once

#include <cstdint>

#include "tests/simulator/random.h"
#include "tests/simulator/statistics.h"
#include "tests/support/forgetful_file_system.h"

namespace crawlspool::simulator {

// One crash's, or one write-back's: its odds are drawn when it is made.
class RandomLuck final : public test::Luck {
 public:
  explicit RandomLuck(Random& random);
  [[nodiscard]] bool arrives() override;
  [[nodiscard]] std::uint64_t torn_at(std::uint64_t bytes) override;

  [[nodiscard]] std::uint64_t torn() const { return torn_; }
  [[nodiscard]] std::uint64_t arrived() const { return arrived_; }
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

 private:
  Random& random_;
  std::uint64_t arrival_;  // of 8
  std::uint64_t tearing_;  // of 8
  std::uint64_t torn_ = 0;
  std::uint64_t arrived_ = 0;
  std::uint64_t lost_ = 0;
};

class Weather {
 public:
  Weather(test::ForgetfulDisk& disk, Random& random, Statistics& statistics);

  // Something that may happen while the spool is written, or while it starts.
  void worsen();
  void worsen_start();
  void clear();  // all works again; the disk has room
  void write_back();
  void crash();

  [[nodiscard]] bool is_clear() const { return is_clear_; }

 private:
  void fail_some_call(std::uint64_t nth_max);
  void fill_disk();
  void count_hits();

  test::ForgetfulDisk& disk_;
  Random& random_;
  Statistics& statistics_;
  std::uint64_t capacity_;
  bool is_clear_ = true;
  std::size_t hits_counted_ = 0;
};

}  // namespace crawlspool::simulator
