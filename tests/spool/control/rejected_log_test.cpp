#include "daemon/spool/control/rejected_log.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "daemon/base/text.h"
#include "daemon/spool/lines/line.h"
#include "daemon/spool/storage/layout.h"
#include "tests/support/errors.h"
#include "tests/support/forgetful_file_system.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using test::Call;
using test::code_of;
using test::ForgetfulDisk;

constexpr const char* kTimestamp = "2026-11-20T04:05:06.123456Z";

std::string rejected_line(const RejectedRecord& record) {
  std::string line(rejected_line_bytes_max(record), '\0');
  line.resize(static_cast<std::size_t>(write_rejected_line(line.data(), record, kTimestamp) - line.data()));
  return line;
}

std::string numbered_line(int n) { return "line " + std::to_string(1000 + n) + std::string(90, '.') + "\n"; }

class RejectedLogTest : public ::testing::Test {
 protected:
  void open(std::uint64_t bytes_max) {
    log.reset();
    directory = disk.open();
    auto opened = RejectedLog::open(*directory, bytes_max);
    ASSERT_TRUE(opened);
    log = std::move(*opened);
  }
  base::Result<void> append(std::string_view lines) {
    const std::string_view parts[] = {lines};
    return log->append_and_sync(parts);
  }
  [[nodiscard]] std::string all() const {
    std::string text;
    for (const std::string& name : disk.names("rejected")) text += disk.content("rejected/" + name).value_or("");
    return text;
  }

  ForgetfulDisk disk;
  std::unique_ptr<Directory> directory;
  std::unique_ptr<RejectedLog> log;
};

TEST(RejectedLine, MatchesTheGoldenLines) {
  // The crc of each is Python's zlib.crc32 of what is before `,"crc32":`.
  EXPECT_EQ(
      rejected_line({"invalid_json", "not valid JSON at byte 2", 2, "", "", 7, "tcp", "10.0.0.7:51234", "{\"\xff"}),
      R"({"ts":"2026-11-20T04:05:06.123456Z","code":"invalid_json","detail":"not valid JSON at byte 2","offset":2,)"
      R"("seq":7,"via":"tcp","peer":"10.0.0.7:51234","length":3,"raw":"eyL/","crc32":"972e77a2"})"
      "\n");
  EXPECT_EQ(rejected_line({"empty_record", "say \"why\"\n", std::nullopt, "", "", 0, "http", "[::1]:1", ""}),
            R"({"ts":"2026-11-20T04:05:06.123456Z","code":"empty_record","detail":"say \"why\"\u000a",)"
            R"("via":"http","peer":"[::1]:1","length":0,"raw":"","crc32":"6d311d47"})"
            "\n");
  EXPECT_EQ(rejected_line({"too_deep", "d", std::nullopt, "worker-7", "c1f2000000000abc", 7, "tcp", "p", "1"}),
            R"({"ts":"2026-11-20T04:05:06.123456Z","code":"too_deep","detail":"d","client":"worker-7",)"
            R"("session":"c1f2000000000abc","seq":7,"via":"tcp","peer":"p","length":1,"raw":"MQ==",)"
            R"("crc32":"f6600ee8"})"
            "\n");
}

TEST(RejectedLine, OfABriefOneTheFirstBytesAndTheFullLengthAreKeptAndThatItIsCut) {
  const RejectedRecord kept{"too_deep", "d", std::nullopt, "", "", 7, "tcp", "p", std::string_view(), true};
  RejectedRecord record = kept;
  const std::string raw(kRejectedBriefBytesMax + 1, 'x');
  record.raw = raw;
  const std::string line = rejected_line(record);
  EXPECT_TRUE(has_sound_trailer(line));
  EXPECT_NE(line.find(R"("length":65,"cut":"rate","raw":"eHh4)"), std::string::npos);
  const std::size_t begin = line.find("\"raw\":\"") + 7;
  EXPECT_EQ(line.find('"', begin) - begin, base::base64_bytes(kRejectedBriefBytesMax));
  record.raw.remove_suffix(1);  // whole, as it is no longer than that
  EXPECT_EQ(rejected_line(record).find("\"cut\""), std::string::npos);
}

TEST(RejectedLine, NamesTheCharsetThatTheRecordCameIn) {
  const std::string line =
      rejected_line({"invalid_charset", "d", std::nullopt, "", "", 7, "stream", "p", "1", false, "gb18030"});
  EXPECT_TRUE(has_sound_trailer(line));
  EXPECT_NE(line.find(R"("peer":"p","charset":"gb18030","length":1,)"), std::string::npos) << line;
}

TEST(RejectedLine, IsNeverLongerThanTheRoomForIt) {
  const std::string wild(1000, '\x01');
  const RejectedRecord record{wild, wild, UINT64_MAX, wild, wild, UINT64_MAX, wild, wild, wild, false, wild};
  EXPECT_LE(rejected_line(record).size(), rejected_line_bytes_max(record));
}

TEST(RejectedLine, ALargeRecordIsCutAndItsFullLengthTold) {
  for (const std::size_t bytes : {kRejectedRawBytesMax - 1, kRejectedRawBytesMax, kRejectedRawBytesMax + 1}) {
    const std::string raw(bytes, 'x');
    const std::string line = rejected_line({"too_deep", "", std::nullopt, "", "", 1, "tcp", "p", raw});
    EXPECT_NE(line.find("\"length\":" + std::to_string(bytes) + ","), std::string::npos);
    const std::size_t begin = line.find("\"raw\":\"") + 7;
    const std::size_t kept = std::min(bytes, kRejectedRawBytesMax);
    EXPECT_EQ(line.find('"', begin) - begin, (kept + 2) / 3 * 4);
  }
}

TEST_F(RejectedLogTest, LinesAreDurableWhenItReturnsAndSoIsTheirFile) {
  open(1 << 20);
  ASSERT_TRUE(append(numbered_line(1)));
  disk.crash();
  EXPECT_EQ(all(), numbered_line(1));
  EXPECT_EQ(log->bytes(), numbered_line(1).size());
}

TEST_F(RejectedLogTest, AStartBeginsANewFileAndCountsTheOldOnes) {
  open(1 << 20);
  ASSERT_TRUE(append(numbered_line(1)));
  ASSERT_TRUE(append(numbered_line(2)));
  EXPECT_EQ(disk.names("rejected").size(), 1U);
  open(1 << 20);
  EXPECT_EQ(disk.names("rejected").size(), 1U);  // not before there is something to keep
  ASSERT_TRUE(append(numbered_line(3)));
  EXPECT_EQ(disk.names("rejected"),
            (std::vector<std::string>{"00000000000000000000.ndjson", "00000000000000000001.ndjson"}));
  EXPECT_EQ(all(), numbered_line(1) + numbered_line(2) + numbered_line(3));
  EXPECT_EQ(log->bytes(), all().size());
}

TEST_F(RejectedLogTest, StaysWithinItsBoundAndKeepsTheNewest) {
  constexpr std::uint64_t kBytesMax = 2000;
  open(kBytesMax);
  std::string given;
  for (int n = 0; n < 200; ++n) {
    ASSERT_TRUE(append(numbered_line(n)));
    given += numbered_line(n);
    const std::string kept = all();
    ASSERT_LE(kept.size(), kBytesMax);
    ASSERT_EQ(log->bytes(), kept.size());
    ASSERT_TRUE(given.ends_with(kept));
    ASSERT_GE(kept.size(), std::min<std::size_t>(given.size(), kBytesMax / 2)) << n;
  }
  open(kBytesMax);
  ASSERT_TRUE(append(numbered_line(200)));
  EXPECT_LE(all().size(), kBytesMax);
  EXPECT_TRUE(all().ends_with(numbered_line(199) + numbered_line(200)));
}

TEST_F(RejectedLogTest, ALowerBoundCountsFromTheNextLineOn) {
  open(1 << 20);
  for (int n = 0; n < 50; ++n) ASSERT_TRUE(append(numbered_line(n)));
  log->set_bytes_max(2000);
  ASSERT_TRUE(append(numbered_line(50)));
  EXPECT_LE(log->bytes(), 2000U);
  EXPECT_TRUE(all().ends_with(numbered_line(50)));
  log->set_bytes_max(0);
  ASSERT_TRUE(append(numbered_line(51)));
  EXPECT_TRUE(all().ends_with(numbered_line(50)));
}

TEST_F(RejectedLogTest, OfMoreThanItMayKeepTheNewestWholeLinesStay) {
  const std::string two = numbered_line(2) + numbered_line(3);
  for (const std::uint64_t bytes_max : {two.size(), two.size() + 1, 3 * two.size() / 2 - 1}) {
    disk = ForgetfulDisk();
    open(bytes_max);
    ASSERT_TRUE(append(numbered_line(0) + numbered_line(1) + two));
    EXPECT_EQ(all(), two) << bytes_max;
  }
  disk = ForgetfulDisk();
  open(two.size() / 2 - 1);
  ASSERT_TRUE(append(two));
  EXPECT_EQ(all(), "");
}

TEST_F(RejectedLogTest, ManyStartsDoNotMakeFilesWithoutEnd) {
  for (int n = 0; n < 300; ++n) {
    open(1 << 20);
    ASSERT_TRUE(append(numbered_line(n)));
  }
  EXPECT_LE(disk.names("rejected").size(), 256U);
  EXPECT_TRUE(all().ends_with(numbered_line(299)));
}

TEST_F(RejectedLogTest, ZeroKeepsNothing) {
  open(0);
  disk.forget_calls();
  ASSERT_TRUE(append(numbered_line(1)));
  EXPECT_EQ(disk.changes(), 0U);
  EXPECT_EQ(all(), "");
}

TEST_F(RejectedLogTest, OtherFilesAreLeftAlone) {
  open(1000);
  ASSERT_TRUE(directory->open_directory("rejected").value()->open("notes.txt", OpenMode::kCreate));
  open(1000);
  for (int n = 0; n < 50; ++n) ASSERT_TRUE(append(numbered_line(n)));
  EXPECT_TRUE(disk.content("rejected/notes.txt"));
}

TEST_F(RejectedLogTest, AfterAFullDiskNothingOfItIsThereAndTheSameLinesAreTakenLater) {
  for (const Call failing : {Call::kWrite, Call::kSyncData, Call::kCreate}) {
    disk = ForgetfulDisk();
    open(1 << 20);
    if (failing != Call::kCreate) {
      ASSERT_TRUE(append(numbered_line(0)));
    }
    const std::string before = all();
    disk.set_write_bytes_max(30);
    disk.fail({failing, ENOSPC, ".ndjson", failing == Call::kWrite ? 2U : 1U});
    EXPECT_EQ(code_of(append(numbered_line(1))), ErrorCode::kDiskFull);
    EXPECT_EQ(all(), before);
    ASSERT_TRUE(append(numbered_line(1)));
    disk.crash();
    EXPECT_EQ(all(), before + numbered_line(1));
    EXPECT_EQ(log->bytes(), all().size());
  }
}

TEST_F(RejectedLogTest, AFileWhoseNameCouldNotBeSyncedIsNotReliedOn) {
  open(1 << 20);
  disk.fail({Call::kSyncDirectory, ENOSPC, "rejected/"});
  EXPECT_FALSE(append(numbered_line(1)));
  ASSERT_TRUE(append(numbered_line(1)));
  disk.crash();
  EXPECT_EQ(all(), numbered_line(1));
}

TEST_F(RejectedLogTest, AFailedCutIsNoFullDisk) {
  open(1 << 20);
  disk.fail({Call::kSyncData, ENOSPC, ".ndjson"});
  disk.fail({Call::kTruncate, ENOSPC, ".ndjson"});
  EXPECT_EQ(code_of(append(numbered_line(1))), ErrorCode::kIo);
}

}  // namespace
}  // namespace crawlspool::spool
