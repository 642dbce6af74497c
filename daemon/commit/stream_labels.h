// Gives the names of streams the labels that their records are counted under. The first kNamed names get a label each,
// all later ones share one: so whoever makes up names cannot fill the memory of the daemon or of what scrapes it.
// Thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace crawlspool::commit {

class StreamLabels {
 public:
  static constexpr std::size_t kNamed = 100;
  static constexpr std::size_t kNone = 0;   // records without a stream
  static constexpr std::size_t kOther = 1;  // all streams beyond the first kNamed, and one that is called so
  static constexpr std::size_t kCount = kNamed + 2;

  // Returns the label, below kCount, that records of this stream count under. It stays the same.
  [[nodiscard]] std::size_t label_of(const std::string& stream) {
    if (stream.empty()) return kNone;
    const std::lock_guard lock(mutex_);
    if (const auto known = labels_.find(stream); known != labels_.end()) return known->second;
    if (names_.size() == kCount) return kOther;
    names_.push_back(stream);
    return labels_.emplace(stream, names_.size() - 1).first->second;
  }

  // Returns each label's name, by label.
  [[nodiscard]] std::vector<std::string> names() const {
    const std::lock_guard lock(mutex_);
    return names_;
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> labels_{{"", kNone}, {"other", kOther}};
  std::vector<std::string> names_{"", "other"};
};

// Counts records by label.
using StreamCounts = std::array<std::uint64_t, StreamLabels::kCount>;

}  // namespace crawlspool::commit
