#include "daemon/spool/read/position_search.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <string>
#include <vector>

#include "daemon/spool/lines/timestamp_scanner.h"
#include "daemon/spool/read/segment_list.h"
#include "tests/support/compressed_segment.h"
#include "tests/support/directory_hooks.h"

namespace crawlspool::spool {
namespace {

using test::Call;
using test::file_of;

// A line of the hour and minute given, "04:05".
std::string line_at(const std::string& time, std::size_t record_bytes = 50) {
  const Origin origin = make_origin("stream", "127.0.0.1:1");
  const std::string text = "2026-11-20T" + time + ":06.123456Z";
  char timestamp[base::kTimestampBytes];
  text.copy(timestamp, sizeof(timestamp));
  const std::string record = "\"" + std::string(record_bytes, 'x') + "\"";
  std::string line(envelope_bytes_max(origin) + record.size(), '?');
  line.resize(static_cast<std::size_t>(write_line(line.data(), timestamp, origin, 7, record) - line.data()));
  return line;
}

class PositionSearchTest : public ::testing::Test {
 protected:
  void add(SegmentKind kind, const std::string& content) {
    const bool is_compressed = kind == SegmentKind::kCompressed;
    disk.put(file_of(begin + all.size(), is_compressed ? SegmentKind::kSealed : kind), content);
    if (is_compressed) {
      ASSERT_TRUE(compress_segment(*directory, begin + all.size(), test::small_blocks(300)).has_value());
    }
    all += content;
  }
  [[nodiscard]] Position last_lines(std::uint64_t lines) { return position_of_last_lines(*directory, lines).value(); }
  [[nodiscard]] Position since(const std::string& time) {
    return position_since(*directory, "2026-11-20T" + time).value();
  }
  // The first line at or after `time`, by looking at each.
  [[nodiscard]] Position first_since(const std::string& time) const {
    std::size_t found = all.size();
    TimestampScanner scanner;
    static_cast<void>(scanner.feed(all, [&](std::uint64_t offset, std::string_view timestamp) {
      if (timestamp < "2026-11-20T" + time) return true;
      found = offset;
      return false;
    }));
    return begin + found;
  }

  const Position begin = 1000;
  std::string all;
  test::ForgetfulDisk disk;
  std::unique_ptr<Directory> directory = disk.open();
};

TEST_F(PositionSearchTest, AnEmptySpoolBeginsAndEndsAtZero) {
  const auto extent = spool_extent(*directory);
  EXPECT_EQ(extent->begin, 0U);
  EXPECT_EQ(extent->end, 0U);
  EXPECT_EQ(extent->segments, 0U);
  EXPECT_EQ(last_lines(3), 0U);
  EXPECT_EQ(since("00"), 0U);
}

TEST_F(PositionSearchTest, TheExtentIsOfPositionsAndOfBytesOnDisk) {
  add(SegmentKind::kCompressed, test::some_lines(20));
  const std::uint64_t compressed_bytes = disk.content(file_of(begin, SegmentKind::kCompressed))->size();
  ASSERT_LT(compressed_bytes, all.size());
  EXPECT_EQ(spool_extent(*directory)->end, begin + all.size());  // a compressed one may be the last
  const std::uint64_t in_compressed = all.size();
  add(SegmentKind::kSealed, test::some_lines(3));
  add(SegmentKind::kOpen, test::some_lines(2) + "{\"ts");
  const auto extent = spool_extent(*directory);
  EXPECT_EQ(extent->begin, begin);
  EXPECT_EQ(extent->end, begin + all.size());
  EXPECT_EQ(extent->segments, 3U);
  EXPECT_EQ(extent->file_bytes, compressed_bytes + all.size() - in_compressed);
}

TEST_F(PositionSearchTest, TheLastLinesAreFoundInSegmentsOfAnyKind) {
  add(SegmentKind::kCompressed, test::some_lines(20));
  add(SegmentKind::kCompressed, test::some_lines(1));
  add(SegmentKind::kSealed, test::some_lines(3));
  add(SegmentKind::kOpen, test::some_lines(2));
  const std::vector<std::size_t> starts = test::sound_offsets(all);
  all += "{\"ts";
  disk.put(segment_file_name(list_segments(*directory)->back().name), test::some_lines(2) + "{\"ts");
  for (std::size_t lines = 1; lines <= starts.size(); ++lines)
    EXPECT_EQ(last_lines(lines), begin + starts[starts.size() - lines]) << lines;
  EXPECT_EQ(last_lines(0), begin + all.size() - 4);
  EXPECT_EQ(last_lines(1000), begin);
}

TEST_F(PositionSearchTest, TheLastLinesAreFoundFarFromTheEnd) {
  const std::string big = test::spool_line(4, "\"" + std::string(1'000'000, 'x') + "\"");
  const std::string small = test::some_lines(1);
  for (const SegmentKind kind : {SegmentKind::kOpen, SegmentKind::kCompressed}) {
    for (const std::string& name : disk.names()) ASSERT_TRUE(directory->remove(name).has_value());
    all.clear();
    add(kind, small + big + big + small);
    EXPECT_EQ(last_lines(1), begin + small.size() + 2 * big.size());
    EXPECT_EQ(last_lines(2), begin + small.size() + big.size());
    EXPECT_EQ(last_lines(3), begin + small.size());
  }
}

TEST_F(PositionSearchTest, ATimeLeadsToTheFirstLineNotBeforeIt) {
  std::string lines;
  for (const char* time : {"04:01", "04:02", "04:03", "04:04", "04:05", "04:06", "04:07", "04:08"})
    lines += line_at(time);
  add(SegmentKind::kCompressed, lines);
  add(SegmentKind::kSealed, line_at("04:09") + "   \n" + line_at("04:10"));
  add(SegmentKind::kOpen, line_at("04:11") + line_at("04:12"));
  for (const bool has_index : {true, false}) {
    if (!has_index) static_cast<void>(directory->remove(index_file_name(begin)));
    for (int minute = 0; minute <= 13; ++minute) {
      const std::string time = std::string(minute < 10 ? "04:0" : "04:") + std::to_string(minute);
      EXPECT_EQ(since(time), first_since(time)) << time;
    }
    EXPECT_EQ(since("04:05:06.123456Z"), first_since("04:05"));
    EXPECT_EQ(since("04:05:06.123457Z"), first_since("04:06"));
    EXPECT_EQ(since("05"), begin + all.size());
  }
}

TEST_F(PositionSearchTest, AClockThatWentBackHidesNothing) {
  for (int repeat = 0; repeat < 2; ++repeat)
    add(SegmentKind::kCompressed, line_at("04:01") + line_at("09:00") + line_at("04:02") + line_at("04:03") +
                                      line_at("04:04") + line_at("08:00") + line_at("04:05"));
  for (const char* time : {"04:02", "04:05", "08:00", "09:00"}) EXPECT_EQ(since(time), first_since(time)) << time;
}

TEST_F(PositionSearchTest, ATimeIsFoundWithoutReadingWhatLiesBeforeIt) {
  Position of_hour_18 = 0;
  for (int hour = 10; hour < 20; ++hour) {
    if (hour == 18) of_hour_18 = begin + all.size();
    std::string lines;
    for (int i = 0; i < 20; ++i) lines += line_at(std::to_string(hour) + ":00");
    add(SegmentKind::kCompressed, lines);
  }
  disk.forget_calls();
  EXPECT_EQ(since("18"), of_hour_18);
  std::uint64_t blocks_read = 0;
  for (const auto& call : disk.calls()) {
    if (call.call != Call::kRead || !call.name.ends_with(".zst")) continue;
    EXPECT_EQ(call.name, file_of(of_hour_18, SegmentKind::kCompressed));
    if (call.bytes > 18) ++blocks_read;  // more than a block's header
  }
  EXPECT_EQ(blocks_read, 1U);
}

TEST_F(PositionSearchTest, AnIndexOfAnotherFileHidesNothing) {
  add(SegmentKind::kCompressed, line_at("04:01") + line_at("04:02"));
  const std::string other = *disk.content(index_file_name(begin));
  disk.put(file_of(begin, SegmentKind::kSealed), line_at("04:03") + line_at("04:04", 90));
  ASSERT_TRUE(compress_segment(*directory, begin, test::small_blocks(300)).has_value());
  disk.put(index_file_name(begin), other);
  EXPECT_EQ(since("04:03"), begin);
}

TEST_F(PositionSearchTest, WhatCannotBeReadEndsTheSearchBeforeIt) {
  add(SegmentKind::kSealed, line_at("04:01"));
  const Position second = begin + all.size();
  add(SegmentKind::kSealed, line_at("04:02"));
  add(SegmentKind::kOpen, line_at("04:03"));
  disk.fail({Call::kRead, EIO, file_of(second, SegmentKind::kSealed)});
  EXPECT_EQ(since("04:03"), second);
  EXPECT_EQ(since("04:03"), first_since("04:03"));
  ASSERT_TRUE(directory->link_to("elsewhere", file_of(second, SegmentKind::kSealed)).has_value());
  EXPECT_EQ(since("04:03"), second);
}

TEST_F(PositionSearchTest, ASegmentCompressedBetweenListingAndOpeningIsFound) {
  using Search = std::function<Position(Directory&)>;
  const Search searches[] = {[](Directory& d) { return spool_extent(d)->end; },
                             [](Directory& d) { return *position_of_last_lines(d, 2); },
                             [](Directory& d) { return *position_since(d, "2026"); }};
  add(SegmentKind::kSealed, test::some_lines(9));
  for (const Search& search : searches) {
    const Position expected = search(*directory);
    test::HookedDirectory hooked(*directory);
    hooked.before_open = [&](const std::string&) {
      static_cast<void>(compress_segment(*directory, begin, test::small_blocks(300)));
    };
    EXPECT_EQ(search(hooked), expected);
    ASSERT_FALSE(disk.content(file_of(begin, SegmentKind::kSealed)).has_value());
    disk.put(file_of(begin, SegmentKind::kSealed), all);
  }
}

}  // namespace
}  // namespace crawlspool::spool
