// The names of streams that records are counted under: the first kNamed that come get a label each, all later ones
// share one, so that whoever makes up names cannot fill the memory of the daemon or of what scrapes it. Thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace crawlspool::commit {

class StreamLabels {
 public:
  static constexpr std::size_t kNamed = 100;
  static constexpr std::size_t kNone = 0;   // records without a stream
  static constexpr std::size_t kOther = 1;  // all streams beyond the first kNamed, and one that is called so
  static constexpr std::size_t kCount = kNamed + 2;

  StreamLabels();

  // Under which label records of this stream count; below kCount. It stays the same.
  [[nodiscard]] std::size_t label_of(const std::string& stream);

  // Each label's name, by label.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> labels_;
  std::vector<std::string> names_;
};

// Records by label.
using StreamCounts = std::array<std::uint64_t, StreamLabels::kCount>;

}  // namespace crawlspool::commit
