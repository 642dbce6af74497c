#include <nlohmann/json.hpp>

#include "cli/bench/renderings.h"
#include "daemon/base/version.h"

namespace crawlspool::bench {
namespace {

using nlohmann::ordered_json;

template <class T>
ordered_json or_null(const std::optional<T>& value) {
  return value ? ordered_json(*value) : ordered_json();
}

ordered_json row_json(const Report& report, const Row& row) {
  ordered_json json{{"mode", info(row.mode).name}, {"ack", proto::word(row.level)}};
  const Run* const run = row.median();
  if (run == nullptr) {
    json["not_measured"] = row.why_not;
    return json;
  }
  const LoadFigures& load = run->load;
  json["records"] = load.records;
  json["record_bytes"] = load.record_bytes;
  json["seconds"] = load.seconds;
  json["records_per_s"] = run->records_per_s();
  json["megabytes_per_s"] = run->megabytes_per_s();
  json["ack_p50_us"] = load.latency.quantile_us(0.5);
  json["ack_p99_us"] = load.latency.quantile_us(0.99);
  json["ack_p999_us"] = load.latency.quantile_us(0.999);
  json["ack_max_us"] = load.latency.quantile_us(1);
  json["server_cpu_us_per_record"] = or_null(run->server_cpu_us_per_record());
  json["client_busy_share"] = run->client_busy_share();
  json["times_http"] = or_null(report.times_http(row));
  json["rounds_records_per_s"] = ordered_json::array();
  for (const Run& one : row.runs) json["rounds_records_per_s"].push_back(one.records_per_s());
  return json;
}

}  // namespace

std::string render_json(const Report& report) {
  const Machine& machine = report.machine;
  ordered_json json{{"version", kVersion},
                    {"server", report.server},
                    {"records_from", report.records_name},
                    {"records_min", report.records_min},
                    {"record_bytes_mean", report.record_bytes_mean},
                    {"connections", report.connections},
                    {"window_records", report.window_records},
                    {"batch_records", report.batch_records},
                    {"rounds", report.rounds},
                    {"machine",
                     {{"processors", machine.processors},
                      {"processor", machine.processor},
                      {"kernel", machine.kernel},
                      {"file_system", machine.file_system}}},
                    {"rows", ordered_json::array()},
                    {"notes", report.notes()}};
  if (!report.redis.empty()) json["redis"] = report.redis;
  for (const Row& row : report.rows) json["rows"].push_back(row_json(report, row));
  return json.dump(2, ' ', true, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace crawlspool::bench
