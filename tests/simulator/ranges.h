// Ranges of positions, as what is lost and what is said to be lost are compared.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "daemon/spool/storage/layout.h"

namespace crawlspool::simulator {

struct Range {
  spool::Position position;
  std::uint64_t bytes;

  [[nodiscard]] spool::Position end() const { return position + bytes; }
};

class Ranges {
 public:
  void add(Range range) {
    if (range.bytes > 0) ranges_.push_back(range);
  }
  void add(const std::vector<Range>& ranges) {
    for (const Range& range : ranges) add(range);
  }
  void add(const Ranges& others) { add(others.ranges_); }
  void clear() { ranges_.clear(); }
  [[nodiscard]] bool empty() const { return ranges_.empty(); }

  [[nodiscard]] bool touches(Range range) const {
    return std::any_of(ranges_.begin(), ranges_.end(), [&](const Range& other) {
      return other.position < range.end() && range.position < other.end();
    });
  }
  // Every byte of it.
  [[nodiscard]] bool cover(Range range) const {
    for (spool::Position at = range.position; at < range.end();) {
      const auto further = std::find_if(ranges_.begin(), ranges_.end(),
                                        [&](const Range& other) { return other.position <= at && at < other.end(); });
      if (further == ranges_.end()) return false;
      at = further->end();
    }
    return true;
  }

 private:
  std::vector<Range> ranges_;
};

}  // namespace crawlspool::simulator
