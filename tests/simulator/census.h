// Everything a reader finds in a spool: the sound lines, in order, and what it says it could not have.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulator/ranges.h"
#include "tests/simulator/records.h"
#include "tests/support/forgetful_file_system.h"

namespace crawlspool::simulator {

struct FoundLine {
  Range range;
  RecordName name;
};

struct Census {
  std::vector<FoundLine> lines;
  std::vector<Range> damaged;
  std::vector<Range> missing;  // left-out files too
  std::vector<Range> blank;    // no record and no damage
  bool has_tail = false;       // bytes behind the last line's end
  spool::Position begin = 0;
  spool::Position end = 0;  // behind the last line, sound or not, and what is missing behind it
};

// Reads the spool from its first position to its end, as a program beside the daemon does. A sound line
// and that no client sent is a violation, and so are two segments that hold the same positions.
[[nodiscard]] Census take_census(test::ForgetfulDisk& disk, Records& records);

}  // namespace crawlspool::simulator
