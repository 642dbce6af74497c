#include "daemon/connection/loop_survey.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace crawlspool::connection {
namespace {

SourceFacts connection(base::ConnectionId id, std::uint64_t records) {
  SourceFacts facts;
  facts.id = id;
  facts.records = records;
  return facts;
}

std::vector<base::ConnectionId> ids_of(const std::vector<SourceFacts>& connections) {
  std::vector<base::ConnectionId> ids;
  ids.reserve(connections.size());
  for (const SourceFacts& facts : connections) ids.push_back(facts.id);
  return ids;
}

TEST(LoopSurvey, KeepsTheBusiestFirst) {
  std::vector<SourceFacts> connections{connection(1, 5), connection(2, 50), connection(3, 5), connection(4, 0)};
  keep_busiest(connections, 3);
  EXPECT_EQ(ids_of(connections), (std::vector<base::ConnectionId>{2, 1, 3}));
  keep_busiest(connections, 9);
  EXPECT_EQ(connections.size(), 3U);
}

TEST(LoopSurvey, LoopsArePutTogether) {
  LoopSurvey all;
  for (std::uint64_t loop = 1; loop <= 3; ++loop) {
    LoopSurvey one;
    one.connections = 10;
    one.busiest = {connection(loop, loop), connection(loop + 10, 0)};
    one.clients[{"worker", "10.0.0.7"}] = {2, loop, 1, 100, static_cast<std::int64_t>(loop)};
    one.clients[{"", "10.0.0." + std::to_string(loop)}] = {1, 0, 0, 0, 0};
    one.rejects.emplace_back();
    merge(all, std::move(one), 2);
  }
  EXPECT_EQ(all.connections, 30U);
  EXPECT_EQ(ids_of(all.busiest), (std::vector<base::ConnectionId>{3, 2}));
  EXPECT_EQ(all.clients.size(), 4U);
  const ClientFacts worker = all.clients.at({"worker", "10.0.0.7"});
  EXPECT_EQ(worker.connections, 6U);
  EXPECT_EQ(worker.records, 6U);
  EXPECT_EQ(worker.rejects, 3U);
  EXPECT_EQ(worker.bytes, 300U);
  EXPECT_EQ(worker.oldest_age_ms, 3);
  EXPECT_EQ(all.rejects.size(), 3U);
}

}  // namespace
}  // namespace crawlspool::connection
