#include "daemon/base/recent_events.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace crawlspool::base {

void RecentEvents::add(std::string json, bool is_warning) {
  if (json.size() > kBytesMax) return;
  const std::lock_guard lock(mutex_);
  Ring& ring = is_warning ? warnings_ : others_;
  ring.push_back({next_number_++, std::move(json)});
  if (ring.size() > kOfEach) ring.pop_front();
}

std::string RecentEvents::json() const {
  const std::lock_guard lock(mutex_);
  std::vector<const Event*> events;
  for (const Ring* ring : {&warnings_, &others_})
    std::transform(ring->begin(), ring->end(), std::back_inserter(events), [](const Event& event) { return &event; });
  std::sort(events.begin(), events.end(), [](const Event* a, const Event* b) { return a->number < b->number; });
  std::string json = "{\"events\":[";
  for (const Event* event : events) {
    if (event != events.front()) json += ',';
    json += event->json;
  }
  return json + "]}";
}

}  // namespace crawlspool::base
