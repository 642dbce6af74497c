#include "daemon/connection/loop_survey.h"

#include <algorithm>
#include <iterator>

namespace crawlspool::connection {

void ClientFacts::add(const ClientFacts& more) {
  connections += more.connections;
  records += more.records;
  rejects += more.rejects;
  bytes += more.bytes;
  oldest_age_ms = std::max(oldest_age_ms, more.oldest_age_ms);
}

void keep_busiest(std::vector<ConnectionFacts>& connections, std::size_t max) {
  const auto end = connections.begin() + static_cast<std::ptrdiff_t>(std::min(max, connections.size()));
  std::partial_sort(connections.begin(), end, connections.end(), [](const auto& a, const auto& b) {
    return a.records != b.records ? a.records > b.records : a.id < b.id;
  });
  connections.erase(end, connections.end());
}

void merge(LoopSurvey& all, LoopSurvey&& one, std::size_t busiest_max) {
  all.connections += one.connections;
  all.busiest.insert(all.busiest.end(), std::make_move_iterator(one.busiest.begin()),
                     std::make_move_iterator(one.busiest.end()));
  keep_busiest(all.busiest, busiest_max);
  for (const auto& [key, client] : one.clients) all.clients[key].add(client);
  all.rejects.insert(all.rejects.end(), std::make_move_iterator(one.rejects.begin()),
                     std::make_move_iterator(one.rejects.end()));
}

}  // namespace crawlspool::connection
