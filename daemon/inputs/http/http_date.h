// The time as HTTP writes it (RFC 9110, 5.6.7). One a thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"

namespace crawlspool::http {

// "Sun, 06 Nov 1994 08:49:37 GMT"
[[nodiscard]] std::string format_http_date(std::int64_t wall_us);

// What it was within the last second: the wall clock is asked once in that time.
class HttpDate {
 public:
  // `now_ms`: monotonic. The view holds until the next call.
  [[nodiscard]] std::string_view at(std::int64_t now_ms, const base::Clock& clock);

 private:
  std::int64_t made_ms_ = 0;
  std::string text_;  // empty: not made yet
};

}  // namespace crawlspool::http
