// Starts threads where the system may refuse one: a limit on tasks or memory is an operating error, and no exception.
#pragma once

#include <functional>
#include <string>
#include <system_error>
#include <thread>

#include "daemon/base/error.h"

namespace crawlspool::base {

// Returns what to say where no thread can be had.
[[nodiscard]] inline std::string no_thread_detail() {
  return "cannot start a thread (look at TasksMax=, `ulimit -u` and the limits on memory)";
}

[[nodiscard]] inline Result<std::thread> start_thread(std::function<void()> body) {
  try {
    return std::thread(std::move(body));
  } catch (const std::system_error& error) {
    return fail(ErrorCode::kIo, no_thread_detail(), error.code().value());
  }
}

}  // namespace crawlspool::base
