// Declares an always-on check for invariants of durability and lifetime: a failure names its place and ends the
// process with exit code 70. For hot paths there is assert().
#pragma once

namespace crawlspool::base {
[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;
}  // namespace crawlspool::base

#define CRAWLSPOOL_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::crawlspool::base::check_failed(#condition, __FILE__, __LINE__))
