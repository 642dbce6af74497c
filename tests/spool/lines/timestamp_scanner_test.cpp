#include "daemon/spool/lines/timestamp_scanner.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/spool_lines.h"

namespace crawlspool::spool {
namespace {

using Found = std::vector<std::pair<std::uint64_t, std::string>>;

constexpr const char* kTime = "2026-11-20T04:05:06.123456Z";

Found scan(const std::vector<std::string_view>& pieces) {
  Found found;
  TimestampScanner scanner;
  for (const std::string_view piece : pieces)
    EXPECT_TRUE(scanner.feed(piece, [&](std::uint64_t offset, std::string_view timestamp) {
      found.emplace_back(offset, timestamp);
      return true;
    }));
  return found;
}

TEST(TimestampScanner, FindsEachLinesTimeWhereverThePiecesAreCut) {
  const std::string one = test::spool_line(1);
  const std::string two = test::marked(test::spool_line(2), 18'000'000'000'000'000'000ULL);
  const std::string all = one + "\n" + two + "no line\n" + one.substr(0, 20) + "\n" + one;
  const Found expected{{0, kTime}, {one.size() + 1, kTime}, {all.size() - one.size(), kTime}};
  EXPECT_EQ(scan({all}), expected);
  for (std::size_t first = 0; first <= all.size(); ++first)
    for (std::size_t second = first; second <= all.size(); ++second)
      ASSERT_EQ(scan({std::string_view(all).substr(0, first), std::string_view(all).substr(first, second - first),
                      std::string_view(all).substr(second)}),
                expected)
          << first << ", " << second;
}

TEST(TimestampScanner, TakesByteAfterByte) {
  const std::string all = test::spool_line(1) + test::spool_line(2);
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; i < all.size(); ++i) pieces.push_back(std::string_view(all).substr(i, 1));
  EXPECT_EQ(scan(pieces).size(), 2U);
}

TEST(TimestampScanner, TakesNothingElseForATime) {
  const std::string time = kTime;
  for (const std::string& line :
       {"{\"ts\":\"" + time + "x", "{\"ts\":\"" + time.substr(1) + "\"", " {\"ts\":\"" + time + "\"",
        "{\"tS\":\"" + time + "\"", "{\"synced\":\"1\",\"ts\":\"" + time + "\"", "{\"synced\":,ts\":\"" + time + "\"",
        std::string("{\"ts\":\"2026-11-20 04:05:06.123456Z\""), std::string("{\"ts\":\"2026-11-20T04:05:06.12345aZ\"")})
    for (const char* rest : {"", "\n", "                                                       \n"})
      EXPECT_EQ(scan({line + rest}), Found{}) << line << rest;
}

TEST(TimestampScanner, StopsWhenItIsTold) {
  const std::string all = test::spool_line(1) + test::spool_line(2);
  TimestampScanner scanner;
  int seen = 0;
  EXPECT_FALSE(scanner.feed(all, [&](std::uint64_t, std::string_view) { return ++seen < 1; }));
  EXPECT_EQ(seen, 1);
}

TEST(TimestampScanner, ARangeGrowsBothWays) {
  TimestampRange range;
  for (const char* text : {"b", "c", "a", "b"}) range.take(text);
  EXPECT_EQ(range, (TimestampRange{"a", "c"}));
}

}  // namespace
}  // namespace crawlspool::spool
