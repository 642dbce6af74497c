#include "daemon/commit/stream_labels.h"

namespace crawlspool::commit {

StreamLabels::StreamLabels() : labels_{{"", kNone}, {"other", kOther}}, names_{"", "other"} {}

std::size_t StreamLabels::label_of(const std::string& stream) {
  if (stream.empty()) return kNone;
  const std::lock_guard lock(mutex_);
  if (const auto known = labels_.find(stream); known != labels_.end()) return known->second;
  if (names_.size() == kCount) return kOther;
  names_.push_back(stream);
  return labels_.emplace(stream, names_.size() - 1).first->second;
}

std::vector<std::string> StreamLabels::names() const {
  const std::lock_guard lock(mutex_);
  return names_;
}

}  // namespace crawlspool::commit
