// What every fuzzer here has: its entry point, and claims that end the process where they are wrong. A fuzzer keeps
// nothing from one input to the next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

// libFuzzer calls it with each input it makes; replay_main.cpp with each file of a corpus. Returns 0.
// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer asks for
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

// Ends as libFuzzer knows a find: by abort.
#define FUZZ_CLAIM(condition) \
  (static_cast<bool>(condition) ? static_cast<void>(0) : crawlspool::fuzz::claim_failed(#condition, __FILE__, __LINE__))

namespace crawlspool::fuzz {

[[noreturn]] inline void claim_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
  std::abort();
}

// The input's bytes, taken off its front. Where it is used up, zeros.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  [[nodiscard]] std::uint8_t byte() {
    const std::string_view taken = bytes(1);
    return taken.empty() ? 0 : static_cast<std::uint8_t>(taken.front());
  }
  [[nodiscard]] std::string_view bytes(std::size_t count) {
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

// A copy on the heap with exactly `padding` readable bytes behind it: a sanitizer sees a read of one byte more.
class PaddedCopy {
 public:
  PaddedCopy(std::string_view bytes, std::size_t padding)
      : size_(bytes.size()), data_(std::make_unique<char[]>(size_ + padding)) {
    if (!bytes.empty()) std::memcpy(data_.get(), bytes.data(), size_);
  }
  [[nodiscard]] std::string_view view() const { return {data_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> data_;
};

// Reads the bytes behind `text`, which have to be there.
inline void read_behind(std::string_view text, std::size_t padding) {
  const volatile char* const end = text.data() + text.size();
  for (std::size_t i = 0; i < padding; ++i) static_cast<void>(end[i]);
}

}  // namespace crawlspool::fuzz
