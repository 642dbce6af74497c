#include "daemon/connection/source_table.h"

#include <utility>

namespace crawlspool::connection {

void SourceTable::add(std::unique_ptr<Source> source) {
  if (source->holds_up_drain()) ++holding_up_drain_;
  const base::ConnectionId id = source->id();
  sources_.emplace(id, std::move(source));
  publish_count();
}

Source* SourceTable::find(base::ConnectionId id) const {
  const auto found = sources_.find(id);
  return found == sources_.end() ? nullptr : found->second.get();
}

void SourceTable::for_each(const std::function<void(Source&)>& action) {
  std::vector<base::ConnectionId> ids;
  ids.reserve(sources_.size());
  for (const auto& [id, source] : sources_) ids.push_back(id);
  for (const base::ConnectionId id : ids)
    if (Source* const source = find(id)) action(*source);
}

void SourceTable::retire(base::ConnectionId id) {
  const auto found = sources_.find(id);
  if (found == sources_.end()) return;
  if (found->second->holds_up_drain()) --holding_up_drain_;
  graveyard_.push_back(std::move(found->second));
  sources_.erase(found);
  publish_count();
}

void SourceTable::clear() {
  sources_.clear();
  graveyard_.clear();
}

}  // namespace crawlspool::connection
