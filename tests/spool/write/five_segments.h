// Five sealed segments on a forgetful disk, and what is done to them beside the ingest.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "daemon/spool/control/cursor.h"
#include "daemon/spool/write/maintenance.h"
#include "tests/support/forgetful_file_system.h"
#include "tests/support/manual_clock.h"
#include "tests/support/open_spool.h"
#include "tests/support/spool_lines.h"

namespace crawlspool::spool {

inline constexpr std::int64_t kSecondMs = 1000;
inline constexpr std::int64_t kHourMs = 3600 * kSecondMs;

// Five sealed segments of one line each, an hour after the other; the last line was written now.
class FiveSegments : public ::testing::Test {
 protected:
  static constexpr const char* kId = "ours";

  void lay_out(test::ForgetfulDisk& fresh) const {
    for (std::uint64_t n = 0; n < 5; ++n) fresh.put(segment(n), line(n));
  }
  [[nodiscard]] std::string line(std::uint64_t n) const {
    return test::make_line(
        {.seq = n + 1, .ts_us = clock.wall_us() - static_cast<std::int64_t>(4 - n) * kHourMs * 1000});
  }
  [[nodiscard]] Position at(std::uint64_t n) const { return n * line(0).size(); }
  [[nodiscard]] std::string segment(std::uint64_t n) const { return segment_file_name({at(n), SegmentKind::kSealed}); }

  [[nodiscard]] std::string compressed(std::uint64_t n) const {
    return segment_file_name({at(n), SegmentKind::kCompressed});
  }

  void start() { start(disk); }
  void start(test::ForgetfulDisk& on) {
    maintenance.reset();
    directory = on.open();
    Maintenance::Start start{kId, test::segments_on(on), find_snapshot(*directory, kId).places, at(5), clock.wall_us()};
    maintenance = std::make_unique<Maintenance>(*directory, options, clock, std::move(start));
  }
  bool step() { return maintenance->step(); }
  // Until nothing is to be done; how many pieces there were.
  int work() {
    int pieces = 0;
    while (step()) ++pieces;
    return pieces;
  }
  // Two snapshots at the end: recovery needs nothing before it.
  static void put_snapshots(test::ForgetfulDisk& on, Position position) {
    const auto on_disk = on.open();
    SnapshotWriter writer(*on_disk, kId, {});
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(writer.write({position, 1, {}}));
  }
  void put_cursor(const std::string& name, Position position, const std::string& id = kId) {
    ASSERT_TRUE(store_cursor(*disk.open(), name, {id, position, 0, 0}));
  }
  // How many of the five are left, from the newest on.
  [[nodiscard]] std::uint64_t left() const { return left(disk); }
  [[nodiscard]] std::uint64_t left(const test::ForgetfulDisk& on) const {
    std::uint64_t count = 0;
    while (count < 5 && on.content(segment(4 - count))) ++count;
    EXPECT_EQ(test::segments_on(on).size(), count) << "a hole in the row";
    return count;
  }
  void SetUp() override { lay_out(disk); }

  test::ForgetfulDisk disk;
  test::ManualClock clock;
  MaintenanceOptions options;
  std::unique_ptr<Directory> directory;
  std::unique_ptr<Maintenance> maintenance;
};

}  // namespace crawlspool::spool
