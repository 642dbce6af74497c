#include "daemon/spool/storage/file_system.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "tests/support/errors.h"
#include "tests/support/forgetful_file_system.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using test::Call;
using test::code_of;
using test::errno_of;
using test::ForgetfulDisk;

TEST(WriteFully, GoesOnAfterShortWritesAtEverySplit) {
  const std::string_view parts[] = {"", "abc", "", "d", "efghij", "", "klm", ""};
  for (std::size_t bytes_max = 1; bytes_max <= 14; ++bytes_max) {
    ForgetfulDisk disk;
    disk.put("file", "__________________");
    disk.set_write_bytes_max(bytes_max);
    const auto file = disk.open()->open("file", OpenMode::kWrite);
    ASSERT_TRUE(write_fully(**file, 2, parts));
    EXPECT_EQ(disk.content("file"), "__abcdefghijklm___") << bytes_max;
    EXPECT_EQ(disk.count(Call::kWrite), (13 + bytes_max - 1) / bytes_max);
  }
}

TEST(WriteFully, WithNothingToWriteMakesNoCall) {
  ForgetfulDisk disk;
  disk.put("file", "");
  const auto file = disk.open()->open("file", OpenMode::kWrite);
  const std::string_view empty[] = {"", ""};
  EXPECT_TRUE(write_fully(**file, 0, empty));
  EXPECT_TRUE(write_fully(**file, 0, {}));
  EXPECT_EQ(disk.count(Call::kWrite), 0U);
}

TEST(WriteFully, NeverHandsOverMorePartsThanACallTakes) {
  ForgetfulDisk disk;
  disk.put("file", "");
  const auto file = disk.open()->open("file", OpenMode::kWrite);
  const std::vector<std::string_view> parts(2 * File::kWritePartsMax + 1, "x");
  ASSERT_TRUE(write_fully(**file, 0, parts));
  EXPECT_EQ(disk.content("file"), std::string(parts.size(), 'x'));
  EXPECT_EQ(disk.count(Call::kWrite), 3U);
}

TEST(WriteFully, StopsAtAnError) {
  ForgetfulDisk disk;
  disk.put("file", "");
  disk.set_write_bytes_max(3);
  disk.fail({Call::kWrite, EIO, "file", 3});
  const auto file = disk.open()->open("file", OpenMode::kWrite);
  const std::string_view parts[] = {"abcd", "efgh", "ijkl"};
  EXPECT_EQ(errno_of(write_fully(**file, 0, parts)), EIO);
  EXPECT_EQ(disk.content("file"), "abcdef");
  EXPECT_EQ(disk.count(Call::kWrite), 3U);
}

TEST(ReadSmallFile, RefusesWhatIsLongerThanItCanBe) {
  ForgetfulDisk disk;
  const auto directory = disk.open();
  disk.put("file", "12345");
  EXPECT_EQ(read_small_file(*directory, "file", 5), "12345");
  EXPECT_EQ(code_of(read_small_file(*directory, "file", 4)), ErrorCode::kDamaged);
  EXPECT_EQ(code_of(read_small_file(*directory, "none", 4)), ErrorCode::kNotFound);
  disk.fail({Call::kRead, EIO, "file"});
  EXPECT_EQ(code_of(read_small_file(*directory, "file", 5)), ErrorCode::kIo);
}

TEST(ReplaceFile, LeavesTheOldOrTheNewOneWholeAfterACrashAtEachCall) {
  const std::string old_text(5000, 'o');
  const std::string new_text(9000, 'n');
  for (std::uint64_t changes = 0;; ++changes) {
    bool done = false;
    for (unsigned arrived = 0; arrived < 32; ++arrived) {
      ForgetfulDisk disk;
      disk.put("file", old_text);
      disk.put("file.tmp", std::string(20'000, 'x'));  // left behind by an earlier crash
      disk.stop_after(changes);
      done = replace_file(*disk.open(), "file", new_text).has_value();
      disk.crash([bits = arrived]() mutable { return (std::exchange(bits, bits >> 1) & 1) != 0; });
      const std::string left = disk.content("file").value_or("none");
      ASSERT_TRUE(left == new_text || (left == old_text && !done)) << changes << " " << arrived;
    }
    if (done) break;
  }
}

TEST(ReplaceFile, AnErrorLeavesTheOldOne) {
  for (const Call call : {Call::kCreate, Call::kTruncate, Call::kWrite, Call::kSync, Call::kRename}) {
    ForgetfulDisk disk;
    disk.put("file", "old");
    disk.fail({call, EIO, ""});
    EXPECT_FALSE(replace_file(*disk.open(), "file", "new"));
    EXPECT_EQ(disk.content("file"), "old");
  }
}

}  // namespace
}  // namespace crawlspool::spool
