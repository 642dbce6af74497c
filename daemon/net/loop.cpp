#include "daemon/net/loop.h"

#include <uv.h>

#include <cstdlib>

#include "daemon/base/check.h"
#include "daemon/base/out_of_memory.h"

namespace crawlspool::net {
namespace {

void* checked(void* memory, std::size_t bytes) {
  if (memory == nullptr && bytes > 0) base::out_of_memory();
  return memory;
}

}  // namespace

void check_memory_of_loops() {
  CRAWLSPOOL_CHECK(
      uv_replace_allocator(
          [](std::size_t bytes) { return checked(std::malloc(bytes), bytes); },
          [](void* held, std::size_t bytes) { return checked(std::realloc(held, bytes), bytes); },
          [](std::size_t count, std::size_t bytes) { return checked(std::calloc(count, bytes), count * bytes); },
          std::free) == 0);
}

Loop::Loop() : loop_(std::make_unique<uv_loop_t>()) { CRAWLSPOOL_CHECK(uv_loop_init(loop_.get()) == 0); }

Loop::~Loop() {
  uv_run(loop_.get(), UV_RUN_DEFAULT);  // lets the closing handles go
  CRAWLSPOOL_CHECK(uv_loop_close(loop_.get()) == 0);
}

void Loop::run() { uv_run(loop_.get(), UV_RUN_DEFAULT); }
void Loop::stop() { uv_stop(loop_.get()); }

}  // namespace crawlspool::net
