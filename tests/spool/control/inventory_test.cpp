#include "daemon/spool/control/inventory.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "tests/support/crash_points.h"
#include "tests/support/errors.h"
#include "tests/support/forgetful_file_system.h"

namespace crawlspool::spool {
namespace {

using test::Call;
using test::ForgetfulDisk;
using Strings = std::vector<std::string>;

std::string compressed(Position position) { return segment_file_name({position, SegmentKind::kCompressed}); }
std::string sealed(Position position) { return segment_file_name({position, SegmentKind::kSealed}); }
std::string open_one(Position position) { return segment_file_name({position, SegmentKind::kOpen}); }

Strings files_of(const std::vector<SegmentName>& segments) {
  Strings files;
  for (const SegmentName& segment : segments) files.push_back(segment_file_name(segment));
  return files;
}

class InventoryTest : public ::testing::Test {
 protected:
  void put(const Strings& files) {
    for (const std::string& file : files) disk.put(file, file);
  }
  // Takes it, and once more: nothing is left to be done then.
  Inventory take() {
    auto taken = take_inventory(*disk.open());
    EXPECT_TRUE(taken);
    disk.forget_calls();
    const auto again = take_inventory(*disk.open());
    EXPECT_TRUE(again && again->skipped.size() == taken->skipped.size());
    EXPECT_EQ(disk.changes(), 0U);
    return taken ? std::move(*taken) : Inventory{};
  }
  static Strings skipped(const Inventory& inventory) {
    Strings names;
    for (const UnusableFile& file : inventory.skipped) names.push_back(file.name);
    return names;
  }

  ForgetfulDisk disk;
};

TEST_F(InventoryTest, AnEmptyDirectoryHasNothing) {
  const Inventory inventory = take();
  EXPECT_TRUE(inventory.sealed.empty() && inventory.unsealed.empty() && inventory.skipped.empty());
  EXPECT_FALSE(inventory.active);
}

TEST_F(InventoryTest, SegmentsComeByPositionAndTheLastOneIsActive) {
  put({open_one(900), sealed(200), compressed(0), compressed(100)});
  const Inventory inventory = take();
  EXPECT_EQ(files_of(inventory.sealed), (Strings{compressed(0), compressed(100), sealed(200)}));
  EXPECT_TRUE(inventory.unsealed.empty());
  ASSERT_TRUE(inventory.active);
  EXPECT_EQ(inventory.active->position, 900U);
}

TEST_F(InventoryTest, WithoutAnOpenOneNoneIsActive) {
  put({sealed(0), sealed(100)});
  EXPECT_FALSE(take().active);
}

TEST_F(InventoryTest, OfSeveralOpenOnesAllButTheLastAreToBeSealed) {
  put({open_one(0), sealed(100), open_one(200), open_one(300)});
  const Inventory inventory = take();
  EXPECT_EQ(files_of(inventory.sealed), Strings{sealed(100)});
  EXPECT_EQ(files_of(inventory.unsealed), (Strings{open_one(0), open_one(200)}));
  EXPECT_EQ(inventory.active->position, 300U);
}

TEST_F(InventoryTest, AnOpenOneBeforeASealedOneIsToBeSealedToo) {
  put({open_one(0), sealed(100)});
  const Inventory inventory = take();
  EXPECT_EQ(files_of(inventory.unsealed), Strings{open_one(0)});
  EXPECT_FALSE(inventory.active);
}

TEST_F(InventoryTest, TemporariesOfTheSpoolAreRemovedAndNoOthers) {
  const Strings ours{compressed(0) + ".tmp",
                     sealed(0) + ".tmp",
                     open_one(0) + ".tmp",
                     "spool.json.tmp",
                     "00000000000000000000.idx.json.tmp",
                     "sessions.ndjson.tmp",
                     "current.ndjson.tmp",
                     "durable.tmp"};
  const Strings foreign{".tmp", "0.ndjson.tmp", "notes.tmp", "notes.txt.tmp"};
  put(ours);
  put(foreign);
  const Inventory inventory = take();
  EXPECT_EQ(disk.names(), foreign);
  EXPECT_EQ(skipped(inventory), foreign);
}

// Taking it away would fail, at each start.
TEST_F(InventoryTest, ADirectoryWithATemporarysNameIsForeign) {
  ASSERT_TRUE(disk.open()->open_directory("durable.tmp"));
  EXPECT_EQ(skipped(take()), Strings{"durable.tmp"});
  EXPECT_EQ(disk.names(), Strings{"durable.tmp"});
}

TEST_F(InventoryTest, OfACompressedSegmentThePlainOneGoes) {
  put({compressed(0), sealed(0), index_file_name(0), sealed(100)});
  const Inventory inventory = take();
  EXPECT_EQ(files_of(inventory.sealed), (Strings{compressed(0), sealed(100)}));
  EXPECT_EQ(disk.names(), (Strings{index_file_name(0), compressed(0), sealed(100)}));
  EXPECT_TRUE(inventory.skipped.empty());
}

TEST_F(InventoryTest, OtherTwinsAreReportedAndLeftWhereTheyAre) {
  put({compressed(0), open_one(0), sealed(100), open_one(100)});
  const Inventory inventory = take();
  EXPECT_EQ(files_of(inventory.sealed), (Strings{compressed(0), sealed(100)}));
  EXPECT_TRUE(inventory.unsealed.empty());
  EXPECT_FALSE(inventory.active);
  EXPECT_EQ(skipped(inventory), (Strings{open_one(0), open_one(100)}));
  EXPECT_EQ(disk.names().size(), 4U);
}

TEST_F(InventoryTest, IndexesOfSegmentsThatAreGoneGoToo) {
  put({index_file_name(0), index_file_name(100), index_file_name(200), compressed(100), open_one(300)});
  EXPECT_TRUE(take().skipped.empty());
  EXPECT_EQ(disk.names(), (Strings{index_file_name(100), compressed(100), open_one(300)}));
}

TEST_F(InventoryTest, TheSpoolsOwnFilesAreNotReported) {
  put({"LOCK", "spool.json", "durable", "sessions.ndjson", "sessions.previous.ndjson", open_one(0)});
  ASSERT_TRUE(disk.open()->link_to(open_one(0), std::string(kCurrentName)));
  for (const std::string_view name : {kRejectedName, kCutName, kCursorsName})
    ASSERT_TRUE(disk.open()->open_directory(std::string(name)));
  EXPECT_EQ(skipped(take()), Strings{});
}

TEST_F(InventoryTest, ForeignFilesLinksAndDirectoriesAreReportedAndNotTouched) {
  const auto directory = disk.open();
  put({"notes.txt", "00000000000000000000.ndjson.gz", "1.ndjson", "cut", open_one(500)});
  for (const std::string& link : {sealed(0), std::string(kSnapshotName), std::string(kDurableName)})
    ASSERT_TRUE(directory->link_to("elsewhere", link));
  for (const std::string& folder : {sealed(100), std::string("lost+found"), std::string(kIdentityName)})
    ASSERT_TRUE(directory->open_directory(folder));
  const Strings before = disk.names();
  const Inventory inventory = take();
  EXPECT_EQ(skipped(inventory), (Strings{sealed(0), "00000000000000000000.ndjson.gz", sealed(100), "1.ndjson", "cut",
                                         "durable", "lost+found", "notes.txt", "sessions.ndjson", "spool.json"}));
  EXPECT_EQ(disk.names(), before);
  EXPECT_TRUE(inventory.sealed.empty());
  EXPECT_EQ(inventory.active->position, 500U);
}

TEST_F(InventoryTest, ALinkUnderAnActiveSegmentsNameIsRefused) {
  put({open_one(0)});
  ASSERT_TRUE(disk.open()->link_to("elsewhere", open_one(900)));
  EXPECT_EQ(test::code_of(take_inventory(*disk.open())), base::ErrorCode::kPermission);
}

TEST_F(InventoryTest, AFailedRemovalEndsIt) {
  put({"durable.tmp"});
  disk.fail({Call::kRemove, EIO, "durable.tmp"});
  EXPECT_EQ(test::errno_of(take_inventory(*disk.open())), EIO);
}

TEST_F(InventoryTest, ACrashAtEachChangeLosesNoSegment) {
  test::crash_at_each_change(
      [](ForgetfulDisk& fresh) {
        for (const std::string& file : {compressed(0), sealed(0), sealed(100), open_one(200), index_file_name(0),
                                        index_file_name(50), sealed(100) + ".tmp"})
          fresh.put(file, file);
      },
      [](ForgetfulDisk& stopping) { return take_inventory(*stopping.open()) && stopping.open()->sync(); },
      [](ForgetfulDisk& crashed, const test::CrashPoint&) {
        const auto inventory = take_inventory(*crashed.open());
        ASSERT_TRUE(inventory);
        EXPECT_EQ(files_of(inventory->sealed), (Strings{compressed(0), sealed(100)}));
        EXPECT_EQ(crashed.names(), (Strings{index_file_name(0), compressed(0), sealed(100), open_one(200)}));
      });
}

TEST_F(InventoryTest, AnOriginalDoesNotGoBeforeItsCompressedCopysNameIsDurable) {
  test::crash_at_each_change(
      [](ForgetfulDisk& fresh) {
        fresh.put(sealed(0), "content");
        fresh.put(compressed(0) + ".tmp", "content");
      },
      [](ForgetfulDisk& stopping) {
        return stopping.open()->rename(compressed(0) + ".tmp", compressed(0)) && take_inventory(*stopping.open());
      },
      [](ForgetfulDisk& crashed, const test::CrashPoint&) {
        const auto inventory = take_inventory(*crashed.open());
        ASSERT_TRUE(inventory);
        EXPECT_EQ(inventory->sealed.size(), 1U);
      });
}

}  // namespace
}  // namespace crawlspool::spool
