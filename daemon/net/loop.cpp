#include "daemon/net/loop.h"

#include <uv.h>

#include "daemon/base/check.h"

namespace crawlspool::net {

Loop::Loop() : loop_(std::make_unique<uv_loop_t>()) { CRAWLSPOOL_CHECK(uv_loop_init(loop_.get()) == 0); }

Loop::~Loop() {
  uv_run(loop_.get(), UV_RUN_DEFAULT);  // lets the closing handles go
  CRAWLSPOOL_CHECK(uv_loop_close(loop_.get()) == 0);
}

void Loop::run() { uv_run(loop_.get(), UV_RUN_DEFAULT); }
void Loop::stop() { uv_stop(loop_.get()); }

}  // namespace crawlspool::net
