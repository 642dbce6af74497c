// What a call failed with, nothing if it did not: a test that expects an error must not look into a success.
#pragma once

#include <optional>

#include "daemon/base/error.h"

namespace crawlspool::test {

template <class T>
[[nodiscard]] std::optional<base::ErrorCode> code_of(const base::Result<T>& result) {
  return result ? std::nullopt : std::optional(result.error().code);
}

template <class T>
[[nodiscard]] std::optional<int> errno_of(const base::Result<T>& result) {
  return result ? std::nullopt : std::optional(result.error().errno_value);
}

}  // namespace crawlspool::test
