#include "cli/bench/campaign.h"

#include <algorithm>
#include <numeric>

#include "cli/common/human.h"
#include "daemon/base/version.h"

namespace crawlspool::bench {
namespace {

using base::Result;
using cli::grouped;

bool wants_redis(const Settings& settings) {
  return std::any_of(settings.modes.begin(), settings.modes.end(),
                     [](Mode mode) { return info(mode).transport == Transport::kRedis; });
}

double mean_bytes(const Records& records) {
  std::uint64_t bytes = 0;
  for (const std::string& text : records.texts) bytes += text.size();
  return static_cast<double>(bytes) / static_cast<double>(records.texts.size());
}

std::string server_name(const Settings& settings) {
  if (!settings.given) return std::string("crawlspoold ") + kVersion;
  const auto& at = settings.given->stream ? settings.given->stream : settings.given->http;
  return "the crawlspoold at " + at->to_string();
}

Report blank_report(const Settings& settings) {
  Report report{.server = server_name(settings),
                .redis = {},
                .records_name = settings.records.name,
                .records_min = settings.goal.records_min,
                .record_bytes_mean = mean_bytes(settings.records),
                .connections = settings.connections,
                .window_records = settings.window_records,
                .batch_records = settings.batch_records,
                .rounds = settings.rounds,
                .machine = this_machine(settings.given ? "" : settings.directory),
                .rows = {}};
  for (const AckLevel level : settings.levels)
    for (const Mode mode : settings.modes) report.rows.push_back({mode, level, {}, {}});
  return report;
}

// Makes one run and reports its progress as part of all.
Result<void> measure_row(const Settings& settings, const Surroundings& surroundings, Row& row, std::size_t done,
                         std::size_t all) {
  const std::string name = std::string(info(row.mode).title) + ", " + std::string(proto::word(row.level));
  const auto report_progress = [&](double share, std::uint64_t records) {
    return surroundings.on_progress((static_cast<double>(done) + share) / static_cast<double>(all),
                                    name + "  " + grouped(records) + " records");
  };
  if (!report_progress(0, 0)) return base::fail(base::ErrorCode::kIo, "interrupted");
  auto outcome = measure(settings, surroundings, row.mode, row.level, report_progress);
  if (!outcome) return base::fail(outcome.error().code, name + ": " + outcome.error().message());
  if (outcome->run) row.runs.push_back(std::move(*outcome->run));
  row.why_not = outcome->why_not;
  return {};
}

}  // namespace

Result<Report> run_campaign(const Settings& settings, const Surroundings& surroundings) {
  Report report = blank_report(settings);
  if (wants_redis(settings)) {
    CRAWLSPOOL_TRY_AS(report.redis, find_redis_version(settings.directory));
  }
  const std::size_t all = settings.rounds * report.rows.size();
  std::size_t done = 0;
  for (unsigned round = 0; round < settings.rounds; ++round)
    for (Row& row : report.rows) CRAWLSPOOL_TRY(measure_row(settings, surroundings, row, done++, all));
  return report;
}

}  // namespace crawlspool::bench
