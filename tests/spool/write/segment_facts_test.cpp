#include "daemon/spool/write/segment_facts.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/errors.h"
#include "tests/support/forgetful_file_system.h"
#include "tests/support/spool_lines.h"
#include "tests/support/text_source.h"

namespace crawlspool::spool {
namespace {

using test::kLineTimeUs;
using test::make_line;
using test::TextSource;

std::string line_at(std::int64_t ts_us, std::string_view record = "{}") {
  return make_line({.seq = 1, .record = record, .ts_us = ts_us});
}

TEST(SegmentTimes, AreThoseOfTheFirstAndTheLastLine) {
  TextSource source(line_at(kLineTimeUs + 1) + line_at(kLineTimeUs + 9) + line_at(kLineTimeUs + 2));
  EXPECT_EQ(first_timestamp(source), kLineTimeUs + 1);
  EXPECT_EQ(last_timestamp(source), kLineTimeUs + 2);
  source.content = line_at(kLineTimeUs + 3);
  EXPECT_EQ(first_timestamp(source), kLineTimeUs + 3);
  EXPECT_EQ(last_timestamp(source), kLineTimeUs + 3);
}

TEST(SegmentTimes, AreFoundBehindAMark) {
  TextSource source(test::marked(line_at(kLineTimeUs), ~Position{0}));
  EXPECT_EQ(first_timestamp(source), kLineTimeUs);
  EXPECT_EQ(last_timestamp(source), kLineTimeUs);
}

TEST(SegmentTimes, AreFoundInFrontOfRecordsOfAnyLength) {
  const std::size_t empty = line_at(kLineTimeUs, "\"\"").size();
  for (const std::size_t line_bytes :  // around the blocks that are read backwards
       {64UL * 1024 - 1, 64UL * 1024, 64UL * 1024 + 1, 128UL * 1024, 128UL * 1024 + 1, 1'000'000UL}) {
    const std::string last = line_at(kLineTimeUs + 5, '"' + std::string(line_bytes - empty, 'x') + '"');
    ASSERT_EQ(last.size(), line_bytes);
    for (const std::string& before : {std::string(), line_at(kLineTimeUs)}) {
      TextSource source(before + last);
      EXPECT_EQ(last_timestamp(source), kLineTimeUs + 5) << line_bytes;
    }
  }
}

TEST(SegmentTimes, ARecordsOwnTimeIsNotTaken) {
  TextSource source(R"({"via":"tcp","record":{"ts":"2026-11-20T04:05:06"},"x":"ts"})"
                    "\n");
  EXPECT_FALSE(last_timestamp(source));
}

TEST(SegmentTimes, AreNotKnownWhereThatLineHasNone) {
  for (const std::string text :
       {"", "\n", "garbage\n", "{\"ts\":\"2026-11-20T04:05:06.12", "{\"ts\":\"yesterday, at about four\"}\n"}) {
    TextSource source(text);
    EXPECT_FALSE(first_timestamp(source)) << text;
    EXPECT_FALSE(last_timestamp(source)) << text;
  }
  TextSource damaged_end(line_at(kLineTimeUs) + "garbage\n");
  EXPECT_EQ(first_timestamp(damaged_end), kLineTimeUs);
  EXPECT_FALSE(last_timestamp(damaged_end));
}

TEST(SegmentTimes, AreNotKnownWhereReadingFails) {
  TextSource source(line_at(kLineTimeUs));
  source.fails = true;
  EXPECT_FALSE(first_timestamp(source));
  EXPECT_FALSE(last_timestamp(source));
}

TEST(SegmentFactsOf, ASealedSegmentAreItsFilesSizeAndItsNewestTime) {
  test::ForgetfulDisk disk;
  const SegmentName name{5000, SegmentKind::kSealed};
  const std::string content = line_at(kLineTimeUs - 1) + line_at(kLineTimeUs);
  disk.put(segment_file_name(name), content);
  const auto facts = read_segment_facts(*disk.open(), name, 5000 + content.size());
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->name.position, 5000U);
  EXPECT_EQ(facts->end, 5000 + content.size());
  EXPECT_EQ(facts->file_bytes, content.size());
  EXPECT_EQ(facts->newest_us, kLineTimeUs);
}

TEST(SegmentFactsOf, OneThatIsGoneAreNotFoundAndOneWithoutTimesStillHasASize) {
  test::ForgetfulDisk disk;
  const SegmentName name{0, SegmentKind::kSealed};
  EXPECT_EQ(test::code_of(read_segment_facts(*disk.open(), name, 8)), base::ErrorCode::kNotFound);
  disk.put(segment_file_name(name), "garbage\n");
  const auto facts = read_segment_facts(*disk.open(), name, 8);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->file_bytes, 8U);
  EXPECT_EQ(facts->newest_us, 0);
}

}  // namespace
}  // namespace crawlspool::spool
