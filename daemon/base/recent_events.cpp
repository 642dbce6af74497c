#include "daemon/base/recent_events.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace crawlspool::base {

void RecentEvents::add(std::string json, bool is_warning) {
  if (json.size() > kBytesMax) return;
  const std::lock_guard lock(mutex_);
  Events& kept = is_warning ? warnings_ : others_;
  kept.push_back({next_number_++, std::move(json)});
  if (kept.size() > kOfEach) kept.pop_front();
}

std::string RecentEvents::json() const {
  const std::lock_guard lock(mutex_);
  std::vector<const Event*> events;
  for (const Events* kept : {&warnings_, &others_})
    std::transform(kept->begin(), kept->end(), std::back_inserter(events), [](const Event& event) { return &event; });
  std::sort(events.begin(), events.end(), [](const Event* a, const Event* b) { return a->number < b->number; });
  std::string json = "{\"events\":[";
  for (const Event* event : events) {
    if (event != events.front()) json += ',';
    json += event->json;
  }
  return json + "]}";
}

}  // namespace crawlspool::base
