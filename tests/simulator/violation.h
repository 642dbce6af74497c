// A promise of the spool that a run saw broken. Thrown where it is seen, caught where the seed is run.
#pragma once

#include <stdexcept>
#include <string>

namespace crawlspool::simulator {

class Violation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

inline void promise(bool kept, const char* what) {
  if (!kept) throw Violation(what);
}

}  // namespace crawlspool::simulator
