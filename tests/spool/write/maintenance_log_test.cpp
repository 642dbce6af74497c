// What an operator reads of what is done beside the ingest.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "daemon/spool/write/maintenance.h"
#include "tests/spool/write/five_segments.h"
#include "tests/support/log_capture.h"

namespace crawlspool::spool {
namespace {

using Strings = std::vector<std::string>;

class MaintenanceLog : public FiveSegments {
 protected:
  void SetUp() override {
    FiveSegments::SetUp();
    put_snapshots(disk, at(5));
  }
  test::LogCapture log;
};

TEST_F(MaintenanceLog, ARemovalSaysWhatWentAndWhy) {
  options.retention.bytes_max = at(4);
  start();
  work();
  EXPECT_EQ(log.stop_and_find("segment_removed"),
            Strings{"event=segment_removed segment=" + segment(0) + " bytes=" + std::to_string(at(1)) +
                    " reason=bytes overrides_cursor=false"});
}

TEST_F(MaintenanceLog, ARemovalByAgeThatOverridesACursorSaysSo) {
  options.retention.age_ms_max = 4 * kHourMs - 1;
  options.retention.ignores_cursors = true;
  put_cursor("slow", at(1) - 1);
  start();
  work();
  EXPECT_EQ(log.stop_and_find("segment_removed"), Strings{"event=segment_removed segment=" + segment(0) + " bytes=" +
                                                          std::to_string(at(1)) + " reason=age overrides_cursor=true"});
}

TEST_F(MaintenanceLog, ACursorThatHoldsIsToldOnceForEachPlaceItStandsAt) {
  options.retention.bytes_max = 1;
  put_cursor("slow", 0);
  start();
  for (int second = 0; second < 3; ++second) {
    work();
    clock.advance_ms(kSecondMs);
  }
  put_cursor("slow", at(2));
  for (int second = 0; second < 3; ++second) {
    work();
    clock.advance_ms(kSecondMs);
  }
  EXPECT_EQ(log.stop_and_find("retention_held"),
            (Strings{"event=retention_held by=cursor cursor_position=0",
                     "event=retention_held by=cursor cursor_position=" + std::to_string(at(2))}));
}

TEST_F(MaintenanceLog, AJumpOfTheClockIsTold) {
  options.retention.age_ms_max = 1;
  start();
  work();
  clock.jump_wall_us(-3600LL * 1'000'000);
  work();
  work();
  EXPECT_EQ(log.stop_and_find("clock_jump"),
            Strings{"event=clock_jump seconds=-3600 nothing_removed_by_age_for_s=86400"});
}

TEST_F(MaintenanceLog, AFailedSnapshotAndASegmentThatIsGoneAreTold) {
  start();
  ASSERT_TRUE(directory->remove(segment(2)));
  disk.fail({test::Call::kWrite, ENOSPC, ".tmp"});
  maintenance->offer_snapshot({at(5), clock.wall_us(), {}});
  work();
  EXPECT_EQ(log.stop_and_find("segment_gone"), Strings{"event=segment_gone segment=" + segment(2)});
  EXPECT_EQ(log.stop_and_find("snapshot_failed").size(), 1U);
}

TEST_F(MaintenanceLog, ACursorThatDoesNotReadIsTold) {
  options.retention.bytes_max = 1;
  const auto cursors = disk.open()->open_directory(std::string(kCursorsName));
  ASSERT_TRUE(write_new_file(**cursors, "broken.json", "{}\n"));
  start();
  work();
  const Strings warnings = log.stop_and_find("cursor_unreadable");
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_TRUE(warnings.front().starts_with("event=cursor_unreadable cursor=broken detail=")) << warnings.front();
}

}  // namespace
}  // namespace crawlspool::spool
