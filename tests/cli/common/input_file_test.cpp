#include "cli/common/input_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/spool/lines/line.h"
#include "tests/support/errors.h"
#include "tests/support/temp_dir.h"

namespace crawlspool::cli {
namespace {

TEST(InputFile, ItsPrefixIsTheSameFromAnyPrefixOn) {
  const test::TempDir temp;
  const std::string text(3'000'000, 'x');
  const auto file = InputFile::open(temp.write("a", text));
  ASSERT_TRUE(file);
  const InputPrefix whole{text.size(), spool::crc32(text)};
  EXPECT_EQ(file->prefix({}, text.size()), whole);
  for (const std::uint64_t bytes : {1U, 1000U, 1'048'576U, 2'999'999U, 3'000'000U})
    EXPECT_EQ(file->prefix(*file->prefix({}, bytes), text.size()), whole) << bytes;
}

TEST(InputFile, APrefixLongerThanTheFileIsAnErrorThatNamesIt) {
  const test::TempDir temp;
  const auto file = InputFile::open(temp.write("short", "123"));
  ASSERT_TRUE(file);
  const auto prefix = file->prefix({}, 4);
  ASSERT_FALSE(prefix);
  EXPECT_NE(prefix.error().message().find("short"), std::string::npos);
}

TEST(InputFile, IsARegularFile) {
  const test::TempDir temp;
  EXPECT_EQ(test::code_of(InputFile::open(temp.file("none"))), base::ErrorCode::kNotFound);
  EXPECT_EQ(test::code_of(InputFile::open(temp.path().string())), base::ErrorCode::kUsage);
  EXPECT_EQ(test::code_of(InputFile::open("/dev/null")), base::ErrorCode::kUsage);
  ASSERT_EQ(::mkfifo(temp.file("fifo").c_str(), 0600), 0);
  EXPECT_EQ(test::code_of(InputFile::open(temp.file("fifo"))), base::ErrorCode::kUsage);
}

TEST(InputFile, ReadsFewerBytesAtItsEndOnly) {
  const test::TempDir temp;
  const auto file = InputFile::open(temp.write("a", "12345"));
  ASSERT_TRUE(file);
  EXPECT_EQ(file->read_at(1, 3), "234");
  EXPECT_EQ(file->read_at(4, 3), "5");
  EXPECT_EQ(file->read_at(5, 3), "");
}

}  // namespace
}  // namespace crawlspool::cli
