// Keeps the rejects of the last minutes on one loop, a row for each client, address, stream and code, so that one bad
// client cannot push the others out. Bounded; on the loop's thread only, and by value to others.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "proto/codes.h"

namespace crawlspool::intake {

// Rejects of one kind, and the newest of them in full.
struct RejectRow {
  std::string client;  // empty where it gave no name
  std::string stream;
  std::string address;  // of the machine
  std::string_view via;
  proto::RejectCode code{};
  std::uint64_t count = 0;
  std::int64_t first_us = 0;  // wall clock
  std::int64_t last_us = 0;
  std::string detail;
  std::optional<std::size_t> offset;
  std::uint64_t seq = 0;  // 0: none
};

// One of them.
struct NotedReject {
  std::string_view client;
  std::string_view stream;
  std::string_view address;
  std::string_view via;
  proto::RejectCode code{};
  std::int64_t wall_us = 0;
  std::string_view detail;
  std::optional<std::size_t> offset;
  std::uint64_t seq = 0;
};

class RejectLedger {
 public:
  static constexpr std::size_t kRowsMax = 200;

  // Adds one more. Where there is no room the row that was silent longest goes.
  void note(const NotedReject& one);

  // Returns those with a reject since then.
  [[nodiscard]] std::vector<RejectRow> since(std::int64_t wall_us) const;

 private:
  [[nodiscard]] RejectRow& row_of(const NotedReject& one);
  void make_room();

  std::unordered_map<std::string, RejectRow> rows_;
  std::array<RejectRow*, proto::kRejectCodes> newest_{};  // by code: a flood's rows are found without a look-up
};

}  // namespace crawlspool::intake
