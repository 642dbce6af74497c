// How much a load sends: at least so many records and for at least so long, but no longer than a limit. Shared by the
// connections of a load; takes the time, in microseconds.
#pragma once

#include <cstdint>

namespace crawlspool::bench {

struct Goal {
  std::uint64_t records_min = 0;
  std::int64_t duration_min_us = 0;
  std::int64_t duration_max_us = 0;  // what is not sent by then is left out
};

class Budget {
 public:
  Budget(const Goal& goal, std::int64_t start_us) : goal_(goal), start_us_(start_us) {}

  // Records that may still be sent now. Once it is 0 it stays 0.
  [[nodiscard]] std::uint64_t left(std::int64_t now_us) const;
  void sent(std::uint64_t records) { sent_ += records; }

  // How far it is, from 0 to 1, by what it waits for longest.
  [[nodiscard]] double share(std::int64_t now_us) const;
  [[nodiscard]] std::uint64_t sent_records() const { return sent_; }

 private:
  Goal goal_;
  std::int64_t start_us_;
  std::uint64_t sent_ = 0;
};

}  // namespace crawlspool::bench
