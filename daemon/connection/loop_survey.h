// What one loop knows of its connections and rejects, by value: made on the loop's thread, put together with those of
// the others for whoever asks.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/connection_id.h"
#include "daemon/intake/reject_ledger.h"

namespace crawlspool::connection {

// One connection of an input that brings records.
struct SourceFacts {
  base::ConnectionId id = 0;
  std::string_view via;
  std::string peer;  // as base::Peer has it
  std::string client;
  std::string stream;
  std::string session;     // as lines name it
  std::string_view state;  // reading, ending, or why it is not read for now
  std::uint64_t records = 0;
  std::uint64_t rejects = 0;
  std::uint64_t bytes = 0;  // read
  std::int64_t age_ms = 0;
  std::int64_t idle_ms = 0;  // since something was last read or written
};

// Open connections of one client from one machine.
struct ClientFacts {
  std::uint64_t connections = 0;
  std::uint64_t records = 0;
  std::uint64_t rejects = 0;
  std::uint64_t bytes = 0;
  std::int64_t oldest_age_ms = 0;

  void add(const ClientFacts& more);
};

using ClientKey = std::pair<std::string, std::string>;  // its name, empty where it gave none, and the machine's address

struct LoopSurvey {
  std::uint64_t connections = 0;     // all of them
  std::vector<SourceFacts> busiest;  // those with the most records
  std::map<ClientKey, ClientFacts> clients;
  std::vector<intake::RejectRow> rejects;
};

class SourceTable;

// What the table's crawlers are, of which `busiest_max` one by one. Without rejects.
[[nodiscard]] LoopSurvey survey_of(const SourceTable& sources, std::size_t busiest_max);

// Leaves the `max` busiest, the busiest first.
void keep_busiest(std::vector<SourceFacts>& connections, std::size_t max);

// Adds what another loop has reported.
void merge(LoopSurvey& all, LoopSurvey&& one, std::size_t busiest_max);

}  // namespace crawlspool::connection
