// Descriptors 0 to 2, which some start a program without (`<&- >&- 2>&-`): the next file opened would get such a
// number, and whatever is printed would be written into it.
#pragma once

namespace crawlspool::base {

// Call it first of all in main(), before any file is opened. A closed one is held by /dev/null, opened so that its use
// fails as if it were still closed: nobody takes lost output for written, or a missing input for an empty one.
void hold_standard_descriptors() noexcept;

}  // namespace crawlspool::base
