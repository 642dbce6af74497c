// Holds what a mode sends, as bytes that are made before the clock runs: requests of one record or more each, which are
// sent again from the first one after the last.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/bench/mode.h"
#include "cli/bench/records.h"

namespace crawlspool::bench {

class Requests {
 public:
  // Requests that lie one behind the other in memory.
  struct Run {
    std::string_view bytes;
    std::size_t requests = 0;
    std::uint64_t records = 0;
    std::uint64_t record_bytes = 0;  // counts the records alone, whatever they are wrapped in
  };

  void add(std::string_view request, std::uint64_t records, std::uint64_t record_bytes);

  [[nodiscard]] std::size_t count() const { return ends_.size(); }
  [[nodiscard]] std::size_t bytes() const { return text_.size(); }
  // Returns requests from `first` on, not beyond the last one: at most so many bytes and records, but one request at
  // least. The bytes are valid until this object changes.
  [[nodiscard]] Run run_from(std::size_t first, std::size_t bytes_max, std::uint64_t records_max) const;

 private:
  struct End {
    std::size_t bytes = 0;
    std::uint64_t records = 0;
    std::uint64_t record_bytes = 0;
  };
  std::string text_;
  std::vector<End> ends_;  // sums up everything up to and with each request
};

struct RequestOptions {
  std::string http_host;            // "127.0.0.1:8941"
  std::uint64_t batch_records = 1;  // at most, in the modes that have several records a request
};

[[nodiscard]] Requests make_requests(Mode mode, const Records& records, const RequestOptions& options);

}  // namespace crawlspool::bench
