// A repair that is broken off at any of its steps, on a disk that keeps what was synced and nothing else.
#include "daemon/spool/repair/spool_repair.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "daemon/spool/compressed/segment_compressor.h"
#include "daemon/spool/control/cursor.h"
#include "daemon/spool/control/snapshot.h"
#include "daemon/spool/read/segment_reader.h"
#include "tests/support/compressed_segment.h"
#include "tests/support/forgetful_file_system.h"
#include "tests/support/manual_clock.h"
#include "tests/support/read_spool.h"

namespace crawlspool::spool {
namespace {

using test::file_of;
using Lines = std::map<Position, std::string>;

constexpr const char* kId = "0123456789abcdef0123456789abcdef";
const std::string kPart = test::some_lines(9);

// Three segments of the same lines, compressed, plain and active, and what lies beside them; each damaged somewhere.
class DamagedSpool {
 public:
  DamagedSpool() {
    const auto directory = disk.open();
    disk.put("spool.json", std::string(R"({"format":1,"id":")") + kId + "\"}\n");
    disk.put(file_of(0, SegmentKind::kSealed), kPart);
    EXPECT_TRUE(compress_segment(*directory, 0, test::small_blocks(kPart.size() / 4)));
    put_damaged(file_of(0, SegmentKind::kCompressed), {disk.content(file_of(0, SegmentKind::kCompressed))->size() / 2});
    put_damaged(file_of(kPart.size(), SegmentKind::kSealed), kPart, {10, kPart.size() / 2, kPart.size() - 1});
    put_damaged(file_of(2 * kPart.size(), SegmentKind::kOpen), kPart, {kPart.size() / 3});
    SnapshotWriter snapshots(*directory, kId, {});
    EXPECT_TRUE(snapshots.write({kPart.size(), 1, {}}));
    EXPECT_TRUE(snapshots.write({3 * kPart.size(), 1, {}}));
    put_damaged("sessions.previous.ndjson", {5});
    put_damaged("00000000000000000000.idx.json", {9});
    disk.put("durable", "garbage");
    EXPECT_TRUE(store_cursor(*directory, "reader", {}));
    const auto cursor = (*directory->open_directory("cursors"))->open("reader.json", OpenMode::kWrite);
    const std::string_view parts[] = {"garbage"};
    EXPECT_TRUE((*cursor)->write_at(0, parts) && (*cursor)->sync());
  }

  base::Result<RepairSummary> repair(RepairMode mode) {
    const auto directory = disk.open();
    const test::ManualClock clock;
    return SpoolRepair(*directory, mode, clock, [](const RepairStep&) {}).run();
  }

  [[nodiscard]] Lines sound_lines() {
    test::Losses losses;
    const auto directory = disk.open();
    SegmentReader reader(*directory, losses);
    Lines lines;
    while (true) {
      const auto line = reader.next();
      if (!line || !*line || (*line)->kind == LineKind::kUnfinished) break;
      if ((*line)->kind == LineKind::kSound) lines[(*line)->position] = (*line)->bytes;
    }
    EXPECT_EQ(losses.all, std::vector<std::string>{});
    EXPECT_EQ(reader.position(), 3 * kPart.size());
    return lines;
  }

  [[nodiscard]] bool keeps(const std::string& bytes) const {
    const std::vector<std::string> names = disk.names("cut");
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return disk.content("cut/" + name) == bytes; });
  }

  test::ForgetfulDisk disk;

 private:
  void put_damaged(const std::string& file, const std::vector<std::size_t>& at) {
    put_damaged(file, *disk.content(file), at);
  }
  void put_damaged(const std::string& file, std::string bytes, const std::vector<std::size_t>& at) {
    for (const std::size_t offset : at) bytes[offset] = static_cast<char>(bytes[offset] ^ 1);
    disk.put(file, bytes);
  }
};

TEST(SpoolRepair, BrokenOffAnywhereItLosesNothingAndIsFinishedByTheNext) {
  DamagedSpool whole;
  const Lines sound = whole.sound_lines();
  const std::string plain = *whole.disk.content(file_of(kPart.size(), SegmentKind::kSealed));
  const std::uint64_t before = whole.disk.changes();
  const auto found = whole.repair(RepairMode::kDryRun);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->repairable, 9U);
  EXPECT_EQ(whole.disk.changes(), before);
  ASSERT_TRUE(whole.repair(RepairMode::kApply));
  EXPECT_GE(whole.sound_lines().size(), sound.size());
  const std::uint64_t changes = whole.disk.changes() - before;

  for (std::uint64_t n = 0; n <= 3 * changes && !::testing::Test::HasFailure(); ++n) {
    SCOPED_TRACE(n);
    DamagedSpool spool;
    spool.disk.stop_after(n / 3);
    static_cast<void>(spool.repair(RepairMode::kApply));
    std::uint64_t coin = n;
    spool.disk.crash([&] {  // nothing arrives, all does, or some
      coin = coin * 6364136223846793005ULL + 1442695040888963407ULL;
      return n % 3 == 1 || (n % 3 == 2 && coin >> 63U == 1);
    });
    EXPECT_EQ(spool.sound_lines(), sound);
    const auto repaired = spool.repair(RepairMode::kApply);
    ASSERT_TRUE(repaired) << repaired.error().message();
    EXPECT_EQ(repaired->unrepairable, 0U);
    EXPECT_EQ(spool.sound_lines(), sound);
    const auto left = spool.repair(RepairMode::kDryRun);
    ASSERT_TRUE(left);
    EXPECT_EQ(left->repairable, 0U);
    EXPECT_TRUE(spool.keeps(plain.substr(0, plain.find('\n') + 1)));
    EXPECT_TRUE(spool.keeps("garbage"));
  }
}

TEST(SpoolRepair, WhereTheOriginalCannotBeKeptNothingIsOverwritten) {
  DamagedSpool spool;
  const std::string file = file_of(kPart.size(), SegmentKind::kSealed);
  const std::string damaged = *spool.disk.content(file);
  spool.disk.fail({test::Call::kSync, EIO, ".tmp", 1, 1000});
  EXPECT_FALSE(spool.repair(RepairMode::kApply));
  EXPECT_EQ(spool.disk.content(file), damaged);
}

TEST(SpoolRepair, AKeptOriginalIsNeverOverwritten) {
  DamagedSpool spool;
  ASSERT_TRUE(spool.repair(RepairMode::kApply));
  const std::string file = file_of(kPart.size(), SegmentKind::kSealed);
  std::string again = *spool.disk.content(file);
  again[3] = 'X';
  spool.disk.put(file, again);
  ASSERT_TRUE(spool.repair(RepairMode::kApply));
  const std::string name = "cut/repair-" + position_digits(kPart.size());
  EXPECT_NE(spool.disk.content(name), spool.disk.content(name + ".2"));
  EXPECT_EQ(spool.disk.content(name + ".2"), again.substr(0, again.find('\n') + 1));
}

}  // namespace
}  // namespace crawlspool::spool
