#include "daemon/spool/compressed/segment_index.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "daemon/spool/compressed/block_layout.h"
#include "daemon/spool/lines/line.h"
#include "tests/support/forgetful_file_system.h"

namespace crawlspool::spool {
namespace {

const std::string kEarly = "2026-11-20T04:05:06.123456Z";
const std::string kLate = "2026-11-20T04:05:07.000000Z";

Blocks some_blocks() {
  return {{1000, 500, 0, 100, TimestampRange{kEarly, kLate}},
          {1500, 700, 100, 150, TimestampRange{kLate, kLate}},
          {2200, 1, 250, 14, TimestampRange{}}};
}

bool are_equal(const Blocks& a, const Blocks& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Block& x, const Block& y) {
    return x.position == y.position && x.bytes == y.bytes && x.offset == y.offset && x.file_bytes == y.file_bytes &&
           x.timestamps == y.timestamps;
  });
}

// With a CRC that is right.
std::string signed_text(std::string text) {
  text.resize(text.size() - kTrailerBytes - kLineEndBytes);
  append_crc_trailer(text, 0);
  return text;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), by);
}

TEST(SegmentIndex, IsOneJsonObjectWithItsOwnCrc) {
  EXPECT_EQ(render_index(some_blocks()),
            "{\"format\":1,\"position\":1000,\"bytes\":1201,\"file_bytes\":264,\"frames\":["
            "{\"position\":1000,\"bytes\":500,\"offset\":0,\"file_bytes\":100,"
            "\"ts_min\":\"2026-11-20T04:05:06.123456Z\",\"ts_max\":\"2026-11-20T04:05:07.000000Z\"},"
            "{\"position\":1500,\"bytes\":700,\"offset\":100,\"file_bytes\":150,"
            "\"ts_min\":\"2026-11-20T04:05:07.000000Z\",\"ts_max\":\"2026-11-20T04:05:07.000000Z\"},"
            "{\"position\":2200,\"bytes\":1,\"offset\":250,\"file_bytes\":14}],\"crc32\":\"a4e79cf4\"}\n");
  EXPECT_TRUE(nlohmann::json::accept(render_index(some_blocks())));
}

TEST(SegmentIndex, ReadsAsItWasWritten) {
  const auto blocks = parse_index(render_index(some_blocks()));
  ASSERT_TRUE(blocks.has_value());
  EXPECT_TRUE(are_equal(*blocks, some_blocks()));
  EXPECT_EQ(content_bytes(*blocks), 1201U);
  EXPECT_EQ(file_bytes(*blocks), 264U);
}

TEST(SegmentIndex, NoFlippedBitGoesUnnoticed) {
  const std::string text = render_index(some_blocks());
  for (std::size_t at = 0; at < text.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = text;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      EXPECT_FALSE(parse_index(flipped).has_value()) << at << "." << bit;
    }
}

TEST(SegmentIndex, NoneOfItsBeginningsIsAnIndex) {
  const std::string text = render_index(some_blocks());
  for (std::size_t bytes = 0; bytes < text.size(); ++bytes) EXPECT_FALSE(parse_index(text.substr(0, bytes))) << bytes;
}

TEST(SegmentIndex, WhatDoesNotAddUpIsRefusedThoughItsCrcIsRight) {
  const std::string text = render_index(some_blocks());
  ASSERT_TRUE(parse_index(signed_text(text)).has_value());
  for (const auto& [what, by] :
       std::vector<std::pair<std::string, std::string>>{{"\"format\":1", "\"format\":2"},
                                                        {"\"format\":1,", ""},
                                                        {"\"position\":1000", "\"position\":1001"},
                                                        {"\"bytes\":1201", "\"bytes\":1200"},
                                                        {"\"file_bytes\":264", "\"file_bytes\":265"},
                                                        {"\"position\":1500", "\"position\":1501"},
                                                        {"\"offset\":0", "\"offset\":1"},
                                                        {"\"offset\":250", "\"offset\":249"},
                                                        {"\"bytes\":500", "\"bytes\":499"},
                                                        {"\"bytes\":500", "\"bytes\":-500"},
                                                        {"\"bytes\":500", "\"bytes\":500.0"},
                                                        {"\"bytes\":500", "\"bytes\":\"500\""},
                                                        {"\"frames\":[{", "\"frames\":[1,{"},
                                                        {"\"frames\"", "\"others\""}})
    EXPECT_FALSE(parse_index(signed_text(replaced(text, what, by))).has_value()) << what << " as " << by;
  EXPECT_FALSE(parse_index(signed_text("[]" + text.substr(text.size() - kTrailerBytes - kLineEndBytes))).has_value());
}

TEST(SegmentIndex, MembersItDoesNotKnowArePassedOver) {
  const std::string text = render_index(some_blocks());
  EXPECT_TRUE(parse_index(signed_text(replaced(text, "\"format\":1", "\"format\":1,\"more\":[1]"))).has_value());
}

TEST(SegmentIndex, ABlockIsNeverLargerThanBlocksGet) {
  for (const std::uint64_t too_many : {kBlockContentBytesMax + 1, std::numeric_limits<std::uint64_t>::max()})
    EXPECT_FALSE(parse_index(render_index({{0, too_many, 0, 10, TimestampRange{}}})).has_value());
  EXPECT_TRUE(parse_index(render_index({{0, kBlockContentBytesMax, 0, 10, TimestampRange{}}})).has_value());
}

TEST(SegmentIndex, PositionsDoNotRunOver) {
  constexpr Position kLast = std::numeric_limits<Position>::max();
  EXPECT_FALSE(parse_index(render_index({{kLast, 2, 0, 10, TimestampRange{}}})).has_value());
}

TEST(SegmentIndex, OneOfAnotherSegmentIsNone) {
  test::ForgetfulDisk disk;
  const auto directory = disk.open();
  EXPECT_FALSE(read_index(*directory, 1000).has_value());
  disk.put(index_file_name(1000), render_index(some_blocks()));
  disk.put(index_file_name(999), render_index(some_blocks()));
  EXPECT_TRUE(read_index(*directory, 1000).has_value());
  EXPECT_FALSE(read_index(*directory, 999).has_value());
}

}  // namespace
}  // namespace crawlspool::spool
