// Owns one event loop and the thread that runs it. All handles of a loop are made, used and destroyed on its thread
// (before run(): on the thread that will call it); the loop is destroyed after all of them.
#pragma once

#include <memory>

struct uv_loop_s;

namespace crawlspool::net {

// Call it before the first loop: where there is no memory for libuv, the process ends as for any other allocation, and
// not by abort().
void check_memory_of_loops();

class Loop {
 public:
  Loop();
  // Runs until no handle is left, then closes; a handle that is still owned then is a bug.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run();   // until stop()
  void stop();  // on the loop's thread

  [[nodiscard]] uv_loop_s* raw() { return loop_.get(); }  // for this folder

 private:
  std::unique_ptr<uv_loop_s> loop_;
};

}  // namespace crawlspool::net
