// The sources of one loop, by their ids. Owns them; one that has ended is destroyed once the stack has unwound.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "daemon/connection/source.h"

namespace crawlspool::connection {

class SourceTable {
 public:
  using Map = std::unordered_map<base::ConnectionId, std::unique_ptr<Source>>;

  void add(std::unique_ptr<Source> source);
  [[nodiscard]] Source* find(base::ConnectionId id) const;
  [[nodiscard]] const Map& all() const { return sources_; }
  // Sources may end each other and themselves on the way.
  void for_each(const std::function<void(Source&)>& action);

  // It has ended: takes it out of the table now. bury() destroys it.
  void retire(base::ConnectionId id);
  void bury() { graveyard_.clear(); }
  void clear();

  [[nodiscard]] std::size_t count() const { return count_.load(std::memory_order_relaxed); }  // from any thread
  [[nodiscard]] bool holds_up_drain() const { return holding_up_drain_ > 0; }

 private:
  void publish_count() { count_.store(sources_.size(), std::memory_order_relaxed); }

  Map sources_;
  std::vector<std::unique_ptr<Source>> graveyard_;
  std::size_t holding_up_drain_ = 0;
  std::atomic<std::size_t> count_{0};
};

}  // namespace crawlspool::connection
