#include <algorithm>
#include <cmath>

#include "cli/bench/renderings.h"
#include "cli/common/human.h"

namespace crawlspool::bench {
namespace {

using cli::duration_text;
using cli::grouped;
using cli::or_dash;
using cli::three_digits;
using cli::times_text;
using Cells = std::vector<std::string>;

constexpr std::size_t kGap = 2;

// Aligns the first column to the left, the others to the right.
std::string line_of(const Cells& cells, const std::vector<std::size_t>& widths) {
  std::string line = cells.front() + std::string(widths.front() - cells.front().size(), ' ');
  for (std::size_t i = 1; i < cells.size(); ++i)
    line += std::string(kGap + widths[i] - cells[i].size(), ' ') + cells[i];
  return line + "\n";
}

std::string plural(std::uint64_t count, const std::string& noun) {
  return grouped(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string mean_text(double bytes) {
  return bytes == std::floor(bytes) ? grouped(static_cast<std::uint64_t>(bytes)) : three_digits(bytes);
}

std::string level_head(AckLevel level) { return "acks mean " + std::string(proto::word(level)); }

}  // namespace

std::vector<std::string> settings_lines(const Report& report) {
  std::string sent = "At least " + plural(report.records_min, "record") + " of " + mean_text(report.record_bytes_mean) +
                     " bytes from " + report.records_name + " over " + plural(report.connections, "connection") +
                     ", at most " + grouped(report.window_records) + " unacked on each, batches of " +
                     grouped(report.batch_records);
  if (report.rounds > 1) sent += "; medians of " + std::to_string(report.rounds) + " rounds";
  const Machine& machine = report.machine;
  std::string on = report.server;
  if (!report.redis.empty()) on += " and " + report.redis;
  on += ", the sender beside it on " + plural(machine.processors, "processor");
  if (!machine.processor.empty()) on += " (" + machine.processor + ")";
  on += ", " + machine.kernel;
  if (!machine.file_system.empty()) on += ", " + machine.file_system;
  return {sent, on};
}

std::vector<std::string> table_columns() {
  return {"records/s", "MB/s", "ack p50", "p99", "p99.9", "CPU us/rec", "x HTTP"};
}

std::vector<std::string> table_cells(const Report& report, const Row& row) {
  const Run* const run = row.median();
  Cells dashes(table_columns().size(), "-");
  if (run == nullptr) return dashes;
  const base::Histogram& latency = run->load.latency;
  return {three_digits(run->records_per_s()),         three_digits(run->megabytes_per_s()),
          duration_text(latency.quantile_us(0.5)),    duration_text(latency.quantile_us(0.99)),
          duration_text(latency.quantile_us(0.999)),  or_dash(run->server_cpu_us_per_record(), three_digits),
          or_dash(report.times_http(row), times_text)};
}

std::string render_table(const Report& report) {
  std::vector<Cells> lines;  // as many as rows
  for (const Row& row : report.rows) {
    lines.push_back(table_cells(report, row));
    lines.back().insert(lines.back().begin(), std::string(info(row.mode).title));
  }
  Cells heads = table_columns();
  heads.insert(heads.begin(), level_head(AckLevel::kWritten));
  std::vector<std::size_t> widths(heads.size());
  for (std::size_t i = 0; i < heads.size(); ++i) widths[i] = heads[i].size();
  for (const Cells& cells : lines)
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());

  std::string table;
  for (const std::string& line : settings_lines(report)) table += line + "\n";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i == 0 || report.rows[i].level != report.rows[i - 1].level) {
      heads.front() = level_head(report.rows[i].level);
      table += "\n" + line_of(heads, widths);
    }
    table += line_of(lines[i], widths);
  }
  const auto notes = report.notes();
  if (!notes.empty()) table += "\n";
  for (const std::string& note : notes) table += "note: " + note + "\n";
  return table;
}

}  // namespace crawlspool::bench
