// Makes room in a text that is filled piece by piece, for an end that is known or bounded.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

namespace crawlspool::base {

// Makes room for `needed` bytes in all. What is there is copied seldom: the room grows eightfold, from `first_bytes` on
// and up to `most_bytes`. Room that nothing has been written to takes no memory, only addresses.
inline void grow_text(std::string& text, std::size_t needed, std::size_t first_bytes, std::size_t most_bytes) {
  if (needed <= text.capacity()) return;
  std::string larger;  // reserve() on `text` itself may round up to its double
  larger.reserve(std::max(needed, std::min(std::max(8 * text.capacity(), first_bytes), most_bytes)));
  larger += text;
  text.swap(larger);
}

}  // namespace crawlspool::base
