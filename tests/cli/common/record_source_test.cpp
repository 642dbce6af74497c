#include "cli/common/record_source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/temp_dir.h"

namespace crawlspool::cli {
namespace {

using Strings = std::vector<std::string>;

// "FILE:LINE RECORD" for each, FILE without its directory; "failed" for a file that could not be read.
Strings read_all(RecordSource& source) {
  Strings seen;
  RecordLine line{};
  while (true) {
    switch (source.next(line)) {
      case RecordSource::Step::kRecord: {
        const std::string place = source.describe({source.file_index(), line.number, line.end_offset});
        seen.push_back(place.substr(place.rfind('/') + 1) + " " + std::string(line.bytes));
        break;
      }
      case RecordSource::Step::kFileFailed:
        seen.emplace_back("failed");
        break;
      case RecordSource::Step::kNothingYet:
      case RecordSource::Step::kEnd:
        return seen;
    }
  }
}

TEST(RecordSource, ReadsFilesOneAfterTheOther) {
  const test::TempDir temp;
  RecordSource source({temp.write("a", "1\n\n2"), temp.write("empty", ""), temp.write("b", "3\n4\n")}, 100);
  ASSERT_TRUE(source.check_files());
  EXPECT_EQ(source.total_bytes(), 8U);
  EXPECT_EQ(read_all(source), (Strings{"a:1 1", "a:3 2", "b:1 3", "b:2 4"}));
  EXPECT_EQ(source.bytes_read(), 8U);
}

TEST(RecordSource, MayBeginWithinAFile) {
  const test::TempDir temp;
  const std::string file = temp.write("a", "1\n\n2\n3");
  RecordSource source({file}, 100);
  ASSERT_TRUE(source.check_files());
  ASSERT_TRUE(source.begin_at(base::UniqueFd(::open(file.c_str(), O_RDONLY)), 3, 2));
  RecordLine line{};
  ASSERT_EQ(source.next(line), RecordSource::Step::kRecord);
  EXPECT_EQ(line.bytes, "2");
  EXPECT_EQ(line.number, 3U);
  EXPECT_EQ(line.end_offset, 5U);
  ASSERT_EQ(source.next(line), RecordSource::Step::kRecord);
  EXPECT_EQ(line.end_offset, 6U);
  EXPECT_EQ(source.next(line), RecordSource::Step::kEnd);
  EXPECT_EQ(source.bytes_read(), 6U);
}

TEST(RecordSource, LinesMayBeLongerThanOneRead) {
  const test::TempDir temp;
  const std::string big(1'000'000, 'x');
  RecordSource source({temp.write("a", "1\n" + big + "\n" + big)}, 2'000'000);
  EXPECT_EQ(read_all(source), (Strings{"a:1 1", "a:2 " + big, "a:3 " + big}));
}

TEST(RecordSource, FilesThatAreNotThereAreFoundBeforehand) {
  const test::TempDir temp;
  RecordSource missing({temp.write("a", "1\n"), temp.file("none")}, 100);
  ASSERT_FALSE(missing.check_files());
  EXPECT_NE(missing.check_files().error().message().find("none"), std::string::npos);
  EXPECT_FALSE(RecordSource({temp.path().string()}, 100).check_files());
}

TEST(RecordSource, AFileThatFailsLaterIsNamedAndTheRestGoesOn) {
  const test::TempDir temp;
  RecordSource source({temp.write("a", "1\n"), temp.write("b", "2\n"), temp.write("c", "3\n")}, 100);
  ASSERT_TRUE(source.check_files());
  std::filesystem::remove(temp.file("b"));
  EXPECT_EQ(read_all(source), (Strings{"a:1 1", "failed", "c:1 3"}));
  EXPECT_NE(source.error().message().find("/b"), std::string::npos);
}

TEST(RecordSource, APipeThatHasNothingYetDoesNotBlock) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const base::UniqueFd reading(ends[0]);
  base::UniqueFd writing(ends[1]);
  RecordSource source({"/dev/fd/" + std::to_string(ends[0])}, 100);
  ASSERT_TRUE(source.check_files());
  EXPECT_EQ(source.total_bytes(), 0U);
  RecordLine line{};
  EXPECT_EQ(source.next(line), RecordSource::Step::kNothingYet);
  ASSERT_EQ(::write(writing.get(), "1\n2", 3), 3);
  ASSERT_EQ(source.next(line), RecordSource::Step::kRecord);
  EXPECT_EQ(line.bytes, "1");
  EXPECT_EQ(source.next(line), RecordSource::Step::kNothingYet);
  writing.reset();
  ASSERT_EQ(source.next(line), RecordSource::Step::kRecord);
  EXPECT_EQ(line.bytes, "2");
  EXPECT_EQ(source.next(line), RecordSource::Step::kEnd);
}

TEST(RecordSource, AByteOrderMarkIsPassedOverAndPlacesStay) {
  const test::TempDir temp;
  RecordSource source({temp.write("a", "\xef\xbb\xbf\n1\n2\n"), temp.write("b", "\xef\xbb\xbf")}, 100);
  ASSERT_TRUE(source.check_files());
  RecordLine line{};
  ASSERT_EQ(source.next(line), RecordSource::Step::kRecord);
  EXPECT_EQ(line.bytes, "1");
  EXPECT_EQ(line.end_offset, 6U);
  EXPECT_EQ(read_all(source), Strings{"a:3 2"});
}

TEST(RecordSource, WhatIsNoRecordsIsFoundBeforehand) {
  const test::TempDir temp;
  RecordSource source({temp.write("a", "1\n"), temp.write("b c.json", "{\n\"a\":1\n}\n")}, 100);
  const auto checked = source.check_files();
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().message().find("nothing of it is sent. Try: jq -c . '"), std::string::npos);
  EXPECT_NE(checked.error().message().find("b c.json' | crawlspool send -"), std::string::npos);
  source.take_as_is();
  EXPECT_TRUE(source.check_files());
  EXPECT_EQ(read_all(source), (Strings{"a:1 1", "b c.json:1 {", "b c.json:2 \"a\":1", "b c.json:3 }"}));
}

TEST(RecordSource, OneLongLineIsJudgedWhole) {
  const test::TempDir temp;
  const std::string array = "[{\"a\":\"" + std::string(1'000'000, 'x') + "\"}]";
  EXPECT_FALSE(RecordSource({temp.write("lone", array)}, 2'000'000).check_files());
  EXPECT_TRUE(RecordSource({temp.write("two", array + "\n" + array)}, 2'000'000).check_files());
}

TEST(RecordSource, APipeIsJudgedByItsFirstBytesHoweverTheyCome) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const base::UniqueFd reading(ends[0]);
  const base::UniqueFd writing(ends[1]);
  RecordSource source({"/dev/fd/" + std::to_string(ends[0])}, 100);
  ASSERT_TRUE(source.check_files());
  RecordLine line{};
  ASSERT_EQ(::write(writing.get(), "\x1f", 1), 1);
  EXPECT_EQ(source.next(line), RecordSource::Step::kNothingYet);
  ASSERT_EQ(::write(writing.get(), "\x8b", 1), 1);
  EXPECT_EQ(source.next(line), RecordSource::Step::kFileFailed);
  EXPECT_NE(source.error().message().find("compressed by gzip"), std::string::npos);
  EXPECT_EQ(source.next(line), RecordSource::Step::kEnd);
}

}  // namespace
}  // namespace crawlspool::cli
