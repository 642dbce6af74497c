#include "cli/bench/report.h"

#include <algorithm>

#include "cli/common/human.h"

namespace crawlspool::bench {
namespace {

using cli::grouped;

constexpr double kSecondsMin = 1e-6;  // the clock's step
constexpr double kBusyShareMax = 0.95;

std::string name_of(const Row& row) {
  return std::string(info(row.mode).name) + " " + std::string(proto::word(row.level));
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

}  // namespace

double Run::records_per_s() const { return static_cast<double>(load.records) / std::max(load.seconds, kSecondsMin); }

double Run::megabytes_per_s() const {
  return static_cast<double>(load.record_bytes) / 1e6 / std::max(load.seconds, kSecondsMin);
}

std::optional<double> Run::server_cpu_us_per_record() const {
  if (!server_cpu_s || load.records == 0) return std::nullopt;
  return *server_cpu_s * 1e6 / static_cast<double>(load.records);
}

double Run::client_busy_share() const { return load.client_cpu_s / std::max(load.seconds, kSecondsMin); }

const Run* Row::median() const {
  if (runs.empty()) return nullptr;
  std::vector<const Run*> sorted;
  for (const Run& run : runs) sorted.push_back(&run);
  std::sort(sorted.begin(), sorted.end(),
            [](const Run* a, const Run* b) { return a->records_per_s() < b->records_per_s(); });
  return sorted[(sorted.size() - 1) / 2];
}

std::optional<double> Report::times_http(const Row& row) const {
  const auto base = std::find_if(rows.begin(), rows.end(), [&](const Row& other) {
    return other.mode == Mode::kHttpClose && other.level == row.level;
  });
  if (base == rows.end() || base->median() == nullptr || row.median() == nullptr) return std::nullopt;
  return row.median()->records_per_s() / base->median()->records_per_s();
}

std::vector<std::string> Report::notes() const {
  std::vector<std::string> notes;
  for (const Row& row : rows)
    if (row.median() == nullptr) notes.push_back("not measured: " + name_of(row) + ", as " + row.why_not);
  const auto add = [&](const std::string& what, const std::vector<std::string>& which) {
    if (!which.empty()) notes.push_back(what + ": " + joined(which));
  };
  std::vector<std::string> ended;
  std::vector<std::string> busy;
  for (const Row& row : rows) {
    const Run* const run = row.median();
    if (run == nullptr) continue;
    if (run->load.records < records_min) ended.push_back(name_of(row) + " (" + grouped(run->load.records) + ")");
    if (run->client_busy_share() > kBusyShareMax) busy.push_back(name_of(row));
  }
  add("ended with fewer records, as time was up", ended);
  add("the sending side was busy all the time, so the server may be faster than that", busy);
  if (machine.syncs_to_memory)
    notes.push_back("the spools were in memory (" + machine.file_system +
                    "), where a sync costs nothing: say --directory DIR on a disk");
  return notes;
}

}  // namespace crawlspool::bench
