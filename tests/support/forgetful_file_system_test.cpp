#include "tests/support/forgetful_file_system.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <deque>
#include <string>

#include "tests/support/errors.h"

namespace crawlspool::test {
namespace {

using spool::OpenMode;

// Answers in turn; false, and whole pages, when there are none left.
class Answers final : public Luck {
 public:
  explicit Answers(std::deque<bool> arrives, std::deque<std::uint64_t> torn = {})
      : arrives_(std::move(arrives)), torn_(std::move(torn)) {}

  [[nodiscard]] bool arrives() override { return take(arrives_, false); }
  [[nodiscard]] std::uint64_t torn_at(std::uint64_t bytes) override { return take(torn_, bytes); }

 private:
  template <class T>
  static T take(std::deque<T>& answers, T otherwise) {
    if (answers.empty()) return otherwise;
    const T answer = answers.front();
    answers.pop_front();
    return answer;
  }

  std::deque<bool> arrives_;
  std::deque<std::uint64_t> torn_;
};

class ForgetfulDiskTest : public ::testing::Test {
 protected:
  void write(const std::string& name, std::uint64_t offset, const std::string& text) {
    const auto file = directory->open(name, OpenMode::kCreate);
    ASSERT_TRUE(file);
    const std::string_view parts[] = {text};
    ASSERT_TRUE(write_fully(**file, offset, parts));
  }
  void sync(const std::string& name) {
    ASSERT_TRUE(directory->open(name, OpenMode::kWrite).and_then([](const auto& file) { return file->sync_data(); }));
  }
  [[nodiscard]] std::string content(const std::string& name) const { return disk.content(name).value_or("none"); }

  ForgetfulDisk disk;
  std::unique_ptr<spool::Directory> directory = disk.open();
};

TEST_F(ForgetfulDiskTest, NewBytesOfAPageMayStopAnywhere) {
  for (const std::uint64_t torn_at : {0U, 1U, 511U, 700U}) {
    disk.put("file", "old");
    write("file", 3, std::string(1000, 'n'));
    Answers luck({true}, {3 + torn_at});
    disk.crash(luck);
    EXPECT_EQ(content("file"), "old" + std::string(torn_at, 'n'));
  }
}

TEST_F(ForgetfulDiskTest, ASectorThatIsOverwrittenIsTheOldOrTheNewOne) {
  disk.put("file", std::string(1024, 'o'));
  write("file", 0, std::string(1024, 'n'));
  Answers luck({true}, {700});
  disk.crash(luck);
  EXPECT_EQ(content("file"), std::string(512, 'n') + std::string(512, 'o'));
}

TEST_F(ForgetfulDiskTest, PagesArriveEachByItself) {
  disk.put("file", "");
  write("file", 0, std::string(3 * kForgetfulPageBytes, 'n'));
  Answers luck({false, true, false, false});
  disk.crash(luck);
  EXPECT_EQ(content("file"), std::string(kForgetfulPageBytes, '\0') + std::string(kForgetfulPageBytes, 'n'));
}

TEST_F(ForgetfulDiskTest, ASizeMayArriveWithoutItsBytes) {
  disk.put("file", "old");
  write("file", 3, "new");
  Answers luck({false, true});
  disk.crash(luck);
  EXPECT_EQ(content("file"), "old" + std::string(3, '\0'));
}

TEST_F(ForgetfulDiskTest, AFailedSyncMayHaveWrittenSomeOfItsPagesAndForgetsTheOthers) {
  disk.put("file", "");
  write("file", 0, std::string(2 * kForgetfulPageBytes, 'n'));
  disk.fail({Call::kSyncData, EIO, "file", 1, 1, 0b10});
  const auto file = directory->open("file", OpenMode::kWrite);
  EXPECT_EQ(errno_of((*file)->sync_data()), EIO);
  EXPECT_EQ(content("file"), std::string(2 * kForgetfulPageBytes, 'n'));  // as the cache has it
  const std::string left = std::string(kForgetfulPageBytes, '\0') + std::string(kForgetfulPageBytes, 'n');
  EXPECT_EQ(disk.content_without_cache("file"), left);
  EXPECT_TRUE((*file)->sync_data());  // over pages that are clean by now
  (*file)->drop_cache();
  EXPECT_EQ(content("file"), left);
}

TEST_F(ForgetfulDiskTest, EachChangeOfANameArrivesByItself) {
  for (unsigned arrived = 0; arrived < 4; ++arrived) {
    disk = ForgetfulDisk();
    disk.put("a", "a");
    disk.put("b", "b");
    directory = disk.open();
    ASSERT_TRUE(directory->rename("a", "c"));
    ASSERT_TRUE(directory->remove("b"));
    Answers luck({(arrived & 1) != 0, (arrived & 2) != 0});
    disk.crash(luck);
    std::vector<std::string> expected;
    if ((arrived & 1) == 0) expected.emplace_back("a");
    if ((arrived & 2) == 0) expected.emplace_back("b");
    if ((arrived & 1) != 0) expected.emplace_back("c");
    EXPECT_EQ(disk.names(), expected);
  }
}

TEST_F(ForgetfulDiskTest, ARenameThatDoesNotArriveLeavesWhatItReplaced) {
  disk.put("from", "new");
  disk.put("to", "old");
  ASSERT_TRUE(directory->rename("from", "to"));
  EXPECT_EQ(content("to"), "new");
  disk.crash();
  EXPECT_EQ(content("to"), "old");
  EXPECT_EQ(content("from"), "new");
}

TEST_F(ForgetfulDiskTest, ARenameMayArriveWithoutTheFilesMaking) {
  write("file.tmp", 0, "text");
  sync("file.tmp");
  ASSERT_TRUE(directory->rename("file.tmp", "file"));
  Answers luck({false, true});
  disk.crash(luck);
  EXPECT_EQ(disk.names(), std::vector<std::string>{"file"});
  EXPECT_EQ(content("file"), "text");
}

TEST_F(ForgetfulDiskTest, WhatTheKernelWritesBackIsThereAfterACrash) {
  disk.put("file", "");
  write("file", 0, std::string(2 * kForgetfulPageBytes, 'n'));
  Answers luck({false, true});
  disk.write_back(luck);
  disk.crash();
  EXPECT_EQ(content("file"), std::string(kForgetfulPageBytes, '\0') + std::string(kForgetfulPageBytes, 'n'));
}

TEST_F(ForgetfulDiskTest, NamesAreWrittenBackInTheirOrder) {
  disk.put("a", "");
  ASSERT_TRUE(directory->rename("a", "b"));
  ASSERT_TRUE(directory->rename("b", "c"));
  ASSERT_TRUE(directory->rename("c", "d"));
  Answers luck({true, true, false});
  disk.write_back(luck);
  disk.crash();
  EXPECT_EQ(disk.names(), std::vector<std::string>{"c"});
}

TEST_F(ForgetfulDiskTest, KnowsWhatIsUsed) {
  disk.set_capacity(1000);
  write("a", 0, std::string(300, 'a'));
  write("b", 0, std::string(200, 'b'));
  EXPECT_EQ(disk.free_bytes(), 500U);
  ASSERT_TRUE(directory->rename("a", "b"));
  EXPECT_EQ(disk.free_bytes(), 700U);
  const auto file = directory->open("b", OpenMode::kWrite);
  ASSERT_TRUE((*file)->preallocate(300, 400));
  EXPECT_EQ(disk.free_bytes(), 300U);
  EXPECT_EQ(errno_of((*file)->preallocate(700, 400)), ENOSPC);
  ASSERT_TRUE((*file)->truncate(100));
  EXPECT_EQ(disk.free_bytes(), 900U);
  ASSERT_TRUE(directory->remove("b"));
  EXPECT_EQ(disk.free_bytes(), 1000U);
  EXPECT_FALSE((*file)->has_name());
  ASSERT_TRUE((*file)->truncate(500));  // of no one's any more
  EXPECT_EQ(disk.free_bytes(), 1000U);
}

TEST_F(ForgetfulDiskTest, CountsChangesAndFaultsWithoutRecordingCalls) {
  disk.record_calls(false);
  disk.fail({Call::kCreate, ENOSPC, "file"});
  EXPECT_EQ(errno_of(directory->open("file", OpenMode::kCreate)), ENOSPC);
  EXPECT_TRUE(directory->open("file", OpenMode::kCreate));
  EXPECT_EQ(disk.changes(), 2U);
  EXPECT_TRUE(disk.calls().empty());
  ASSERT_EQ(disk.hits().size(), 1U);
  EXPECT_EQ(disk.hits()[0].call, Call::kCreate);
}

TEST_F(ForgetfulDiskTest, OthersMayWorkBetweenTheCallsOfOne) {
  int calls = 0;
  disk.before_each_call([&] {
    if (++calls > 1) return;  // the call below is one, too
    EXPECT_TRUE(disk.open()->open("other", OpenMode::kCreate));
  });
  write("file", 0, "text");
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(disk.names(), (std::vector<std::string>{"file", "other"}));
}

TEST_F(ForgetfulDiskTest, DamageIsThereForTheDiskAndForPrograms) {
  disk.put("file", "text");
  EXPECT_TRUE(disk.damage("file", [](std::string& bytes) { bytes[0] = 'n'; }));
  EXPECT_EQ(content("file"), "next");
  disk.crash();
  EXPECT_EQ(content("file"), "next");
  EXPECT_FALSE(disk.damage("none", [](std::string&) {}));
}

}  // namespace
}  // namespace crawlspool::test
