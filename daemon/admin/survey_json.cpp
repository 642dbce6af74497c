#include "daemon/admin/survey_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "daemon/base/clock.h"

namespace crawlspool::admin {
namespace {

using connection::ClientFacts;
using connection::ClientKey;
using connection::SourceFacts;
using intake::RejectRow;
using Json = nlohmann::ordered_json;

constexpr std::size_t kClientsMax = 1000;
constexpr std::size_t kRejectRowsMax = 200;

Json client_json(const ClientKey& key, const ClientFacts& facts) {
  return {{"client", key.first},
          {"address", key.second},
          {"connections", facts.connections},
          {"records", facts.records},
          {"rejects", facts.rejects},
          {"bytes", facts.bytes},
          {"oldest_age_ms", facts.oldest_age_ms}};
}

Json connection_json(const SourceFacts& facts) {
  return {{"conn", facts.id},         {"via", facts.via},         {"peer", facts.peer},     {"client", facts.client},
          {"stream", facts.stream},   {"session", facts.session}, {"state", facts.state},   {"records", facts.records},
          {"rejects", facts.rejects}, {"bytes", facts.bytes},     {"age_ms", facts.age_ms}, {"idle_ms", facts.idle_ms}};
}

Json reject_json(const RejectRow& row) {
  Json json{{"client", row.client},
            {"stream", row.stream},
            {"address", row.address},
            {"via", row.via},
            {"code", proto::word(row.code)},
            {"count", row.count},
            {"first", base::format_timestamp(row.first_us)},
            {"last", base::format_timestamp(row.last_us)},
            {"detail", row.detail}};
  if (row.offset) json["offset"] = *row.offset;
  if (row.seq != 0) json["seq"] = row.seq;
  return json;
}

// Peers' bytes cannot make it throw.
std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

std::string connections_json(const connection::LoopSurvey& survey) {
  std::vector<const std::pair<const ClientKey, ClientFacts>*> clients;
  for (const auto& client : survey.clients) clients.push_back(&client);
  std::stable_sort(clients.begin(), clients.end(),
                   [](const auto* a, const auto* b) { return a->second.records > b->second.records; });
  clients.resize(std::min(clients.size(), kClientsMax));
  Json json{{"total", survey.connections}, {"clients_total", survey.clients.size()}};
  json["clients"] = Json::array();
  for (const auto* client : clients) json["clients"].push_back(client_json(client->first, client->second));
  json["connections"] = Json::array();
  for (const SourceFacts& connection : survey.busiest) json["connections"].push_back(connection_json(connection));
  return text_of(json);
}

std::string rejects_json(const connection::LoopSurvey& survey) {
  std::vector<const RejectRow*> rows;
  for (const RejectRow& row : survey.rejects) rows.push_back(&row);
  std::sort(rows.begin(), rows.end(), [](const auto* a, const auto* b) { return a->last_us > b->last_us; });
  rows.resize(std::min(rows.size(), kRejectRowsMax));
  Json json{{"rejects", Json::array()}};
  for (const RejectRow* row : rows) json["rejects"].push_back(reject_json(*row));
  return text_of(json);
}

}  // namespace crawlspool::admin
