// One segment on a forgetful disk, and its recovery.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "daemon/spool/recovery/segment_recovery.h"
#include "tests/support/forgetful_file_system.h"
#include "tests/support/spool_lines.h"

namespace crawlspool::spool {

inline constexpr const char* kSegment = "segment";

using Range = std::pair<Position, std::uint64_t>;
[[nodiscard]] inline Range range(const ByteRange& bytes) { return {bytes.position, bytes.bytes}; }

struct SegmentOutcome : SegmentRecovery {
  SessionReplay replay;
  [[nodiscard]] std::uint64_t lines() const { return replay.lines; }
};

[[nodiscard]] inline base::Result<SegmentOutcome> recover_on(test::ForgetfulDisk& disk, const SegmentPlace& place) {
  const auto directory = disk.open();
  const auto segment = directory->open(kSegment, OpenMode::kWrite);
  if (!segment) return tl::unexpected(segment.error());
  SegmentOutcome outcome;
  const auto report = recover_segment(*directory, **segment, place, outcome.replay);
  if (!report) return tl::unexpected(report.error());
  static_cast<SegmentRecovery&>(outcome) = *report;
  return outcome;
}

class OneSegment : public ::testing::Test {
 protected:
  // Recovers a segment of `content`; what is left is on the disk, and a second recovery agrees and changes nothing.
  SegmentOutcome recover_content(std::string_view content, const SegmentPlace& place = {}) {
    disk = test::ForgetfulDisk();
    disk.put(kSegment, content);
    const auto outcome = recover_on(disk, place);
    EXPECT_TRUE(outcome.has_value());
    if (!outcome) return {};
    disk.crash();
    const std::string kept = left();
    EXPECT_EQ(place.begin + kept.size(), outcome->end);
    const auto again = recover_on(disk, {place.begin, std::min(place.from, outcome->end), outcome->end});
    EXPECT_TRUE(again && !again->cut && !again->missing && again->lines() == outcome->lines());
    EXPECT_EQ(left(), kept);
    return *outcome;
  }
  SegmentOutcome recover_content(std::string_view content, std::optional<Position> durable) {
    return recover_content(content, SegmentPlace{0, 0, durable});
  }
  [[nodiscard]] std::string left() const { return disk.content(kSegment).value_or("no segment"); }
  [[nodiscard]] std::string cut_at(Position position) const {
    return disk.content("cut/" + position_digits(position)).value_or("nothing cut");
  }

  test::ForgetfulDisk disk;
  const std::string first = test::marked(test::spool_line(1, R"({"a":"first"})"), 0);
  const std::string second = test::spool_line(2, R"({"b":"second"})");
  const std::string third = test::marked(test::spool_line(3, R"({"c":"third"})"), first.size() + second.size());
};

}  // namespace crawlspool::spool
