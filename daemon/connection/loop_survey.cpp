#include "daemon/connection/loop_survey.h"

#include <algorithm>
#include <iterator>

#include "daemon/connection/source_table.h"

namespace crawlspool::connection {

void ClientFacts::add(const ClientFacts& more) {
  connections += more.connections;
  records += more.records;
  rejects += more.rejects;
  bytes += more.bytes;
  oldest_age_ms = std::max(oldest_age_ms, more.oldest_age_ms);
}

LoopSurvey survey_of(const SourceTable& sources, std::size_t busiest_max) {
  const auto records = [](const Source* source) {
    return source->writer() == nullptr ? 0 : source->writer()->records();
  };
  LoopSurvey survey;
  std::vector<const Source*> crawlers;
  for (const auto& [id, source] : sources.all())
    if (source->is_crawler()) crawlers.push_back(source.get());
  survey.connections = crawlers.size();
  for (const Source* source : crawlers) {
    const std::string client = source->writer() == nullptr ? "" : source->writer()->names().client;
    survey.clients[{client, std::string(base::address_of(source->peer().text))}].add(source->client_facts());
  }
  const auto end = crawlers.begin() + static_cast<std::ptrdiff_t>(std::min(busiest_max, crawlers.size()));
  std::nth_element(crawlers.begin(), end, crawlers.end(),
                   [&records](const auto* a, const auto* b) { return records(a) > records(b); });
  std::for_each(crawlers.begin(), end, [&](const auto* source) { survey.busiest.push_back(source->facts()); });
  return survey;
}

void keep_busiest(std::vector<SourceFacts>& connections, std::size_t max) {
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
