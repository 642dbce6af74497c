#include "cli/top/sample.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace crawlspool::cli {
namespace {

using nlohmann::json;

// Returns the member at the end of a path of names, or null where there is none.
const json& at(const json& object, std::initializer_list<const char*> path) {
  static const json nothing;
  const json* place = &object;
  for (const char* name : path) {
    if (!place->is_object() || !place->contains(name)) return nothing;
    place = &(*place)[name];
  }
  return *place;
}

std::uint64_t count(const json& object, std::initializer_list<const char*> path) {
  const json& value = at(object, path);
  return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

std::string text(const json& object, const char* name) {
  const json& value = at(object, {name});
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::uint64_t sum(const json& counts) {
  std::uint64_t total = 0;
  if (counts.is_object())
    for (const json& one : counts) total += one.is_number_unsigned() ? one.get<std::uint64_t>() : 0;
  return total;
}

ClientRow read_client(const json& client) {
  const std::string name = text(client, "client");
  ClientRow row;
  row.name = name.empty() ? text(client, "address") : name + " " + text(client, "address");
  row.connections = count(client, {"connections"});
  row.records = count(client, {"records"});
  row.rejects = count(client, {"rejects"});
  row.bytes = count(client, {"bytes"});
  row.oldest_age_ms = static_cast<std::int64_t>(count(client, {"oldest_age_ms"}));
  return row;
}

double a_second(std::uint64_t now, std::uint64_t before, double seconds) {
  return now > before ? static_cast<double>(now - before) / seconds : 0;
}

}  // namespace

std::optional<TopSample> read_sample(const std::string& status_body, const std::string& connections,
                                     std::int64_t at_us) {
  const json status = json::parse(status_body, nullptr, false);
  TopSample sample;
  sample.state = text(status, "state");
  if (sample.state.empty()) return std::nullopt;
  sample.at_us = at_us;
  sample.pid = count(status, {"pid"});
  sample.version = text(status, "version");
  sample.uptime_s = count(status, {"uptime_s"});
  for (const proto::Input input : proto::kAllInputs)
    sample.connections[input] = count(status, {"connections", std::string(word(input)).c_str()});
  sample.records = count(status, {"records"});
  sample.bytes = count(status, {"bytes"});
  sample.rejects = sum(at(status, {"rejects"}));
  sample.memory_bytes = count(status, {"memory_bytes"});
  const std::uint64_t position = count(status, {"spool", "position"});
  sample.lag_bytes = position - std::min(position, count(status, {"spool", "durable"}));
  sample.free_bytes = count(status, {"spool", "free_bytes"});
  sample.segments = count(status, {"spool", "segments"});
  sample.spool_bytes = count(status, {"spool", "bytes"});
  if (const json& p99 = at(status, {"ack_p99_ms"}); p99.is_number()) sample.ack_p99_ms = p99.get<double>();
  const json survey = json::parse(connections, nullptr, false);
  if (const json& clients = at(survey, {"clients"}); clients.is_array())
    for (const json& client : clients) sample.clients.push_back(read_client(client));
  return sample;
}

TopRates rates(const TopSample& before, TopSample& now) {
  const double seconds = static_cast<double>(now.at_us - before.at_us) / 1e6;
  if (seconds <= 0 || before.pid != now.pid || now.uptime_s < before.uptime_s) return {};
  std::map<std::string, std::uint64_t> records_before;
  for (const ClientRow& row : before.clients) records_before[row.name] = row.records;
  for (ClientRow& row : now.clients) {
    const auto known = records_before.find(row.name);
    row.records_per_s = a_second(row.records, known != records_before.end() ? known->second : 0, seconds);
  }
  std::stable_sort(now.clients.begin(), now.clients.end(),
                   [](const ClientRow& a, const ClientRow& b) { return a.records_per_s > b.records_per_s; });
  return {a_second(now.records, before.records, seconds), a_second(now.bytes, before.bytes, seconds) / 1e6,
          a_second(now.rejects, before.rejects, seconds)};
}

}  // namespace crawlspool::cli
