// Carries operating errors as values: what failed, where, and the errno behind it.
// Every function that can fail for a reason outside the program returns Result<T>; a failed invariant
// is a bug and goes through check.h instead. Knows nothing of the rest of the project.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace crawlspool::base {

enum class ErrorCode {
  kUsage,       // the command line is wrong
  kConfig,      // the configuration is wrong
  kIo,          // a system call failed
  kDiskFull,    // no space or quota, or the keep-free mark is reached: may pass by itself
  kExhausted,   // no descriptor is left: may pass by itself
  kLocked,      // another process owns it
  kPermission,  // not ours, or not allowed
  kNotFound,    // no such thing
  kDamaged,     // bytes that do not prove themselves
};

struct Error {
  ErrorCode code = ErrorCode::kIo;
  int errno_value = 0;  // 0 where no system call is behind it
  std::string context;  // what was tried, and on what

  // Returns "context: strerror", in one line without a final stop.
  [[nodiscard]] std::string message() const;
};

template <class T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string context, int errno_value = 0) {
  return tl::unexpected<Error>(Error{code, errno_value, std::move(context)});
}

// Returns whether the same call may succeed later, with nothing done about it but waiting.
[[nodiscard]] inline bool may_pass(const Error& error) {
  return error.code == ErrorCode::kDiskFull || error.code == ErrorCode::kExhausted;
}

// Makes an error of the system call that has just failed: EACCES and EPERM are kPermission, ENOSPC and EDQUOT
// kDiskFull, EMFILE and ENFILE kExhausted, ENOENT kNotFound, all else kIo.
[[nodiscard]] tl::unexpected<Error> fail_errno(std::string context, int errno_value);

// The exit codes follow sysexits.h.
inline constexpr int kExitOk = 0;
inline constexpr int kExitUsage = 64;
inline constexpr int kExitBug = 70;
inline constexpr int kExitIo = 74;
inline constexpr int kExitLocked = 75;
inline constexpr int kExitPermission = 77;
inline constexpr int kExitConfig = 78;

// Returns the exit code of the daemon for an error that ends it.
[[nodiscard]] int daemon_exit_code(ErrorCode code);

}  // namespace crawlspool::base

// CRAWLSPOOL_TRY(expression): returns from the function, which returns a Result too, with the expression's error if it
// has one.
#define CRAWLSPOOL_TRY(...)                                        \
  if (auto crawlspool_result = (__VA_ARGS__); crawlspool_result) { \
  } else                                                           \
    return tl::unexpected(std::move(crawlspool_result).error())

// CRAWLSPOOL_TRY_AS(auto x, expression): the same, and otherwise declares x with the expression's value.
#define CRAWLSPOOL_TRY_AS(declaration, ...) \
  CRAWLSPOOL_TRY_AS_RESULT(CRAWLSPOOL_TRY_NAME(crawlspool_result_, __LINE__), declaration, __VA_ARGS__)
#define CRAWLSPOOL_TRY_AS_RESULT(result, declaration, ...)         \
  auto result = (__VA_ARGS__);                                     \
  if (!(result)) return tl::unexpected(std::move(result).error()); \
  declaration = std::move(*(result))
#define CRAWLSPOOL_TRY_NAME(prefix, line) CRAWLSPOOL_TRY_NAME_OF(prefix, line)
#define CRAWLSPOOL_TRY_NAME_OF(prefix, line) prefix##line
