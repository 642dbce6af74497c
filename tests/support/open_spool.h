// A spool on the forgetful disk: opened, written to and read back in one call each.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/spool/read/segment_reader.h"
#include "daemon/spool/write/spool.h"
#include "tests/support/forgetful_file_system.h"

namespace crawlspool::test {

inline constexpr const char* kFirstSegment = "00000000000000000000.ndjson.open";

[[nodiscard]] inline base::Result<std::unique_ptr<spool::Spool>> open_spool(ForgetfulDisk& disk,
                                                                            const base::Clock& clock,
                                                                            const spool::SpoolOptions& options = {}) {
  return spool::Spool::open(disk.open(), options, clock);
}

[[nodiscard]] inline base::Result<std::size_t> append_lines(spool::Spool& spool, const std::string& lines,
                                                            std::span<const spool::SessionMark> sessions = {}) {
  const std::string_view chunks[] = {lines};
  return spool.append(chunks, lines.find('\n') + 1, sessions);
}

// Whether the lines are on the disk, all of them.
[[nodiscard]] inline bool store_lines(spool::Spool& spool, const std::string& lines,
                                      std::span<const spool::SessionMark> sessions = {}) {
  return append_lines(spool, lines, sessions) == lines.size() && spool.sync();
}

// The segments' files, by position.
[[nodiscard]] inline std::vector<spool::SegmentName> segments_on(const ForgetfulDisk& disk) {
  std::vector<spool::SegmentName> segments;
  for (const std::string& name : disk.names())
    if (const auto segment = spool::parse_segment_file_name(name)) segments.push_back(*segment);
  return segments;
}

// All segments laid end to end; says so where one does not begin where the one before ends.
[[nodiscard]] inline std::string whole_spool(const ForgetfulDisk& disk) {
  std::string all;
  spool::Position begin = 0;
  for (const spool::SegmentName& segment : segments_on(disk)) {
    if (all.empty()) begin = segment.position;
    if (segment.position != begin + all.size()) return "the segments leave a gap or overlap";
    all += disk.content(spool::segment_file_name(segment)).value_or("");
  }
  return all;
}

}  // namespace crawlspool::test
