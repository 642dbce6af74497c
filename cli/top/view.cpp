#include "cli/top/view.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/common/console.h"
#include "cli/common/human.h"

namespace crawlspool::cli {
namespace {

constexpr std::size_t kNameColumns = 32;
constexpr std::size_t kSecondColumns = 20;  // as wide as a time without its fraction's six digits

std::string left(std::string text, std::size_t columns) {
  text.resize(std::max(columns, text.size()), ' ');
  return text;
}

std::string right(const std::string& text, std::size_t columns) {
  return std::string(columns - std::min(columns, text.size()), ' ') + text;
}

std::string rate(double value) { return fixed(value, value < 100 ? 1 : 0); }

// Pads each to so many columns, but for the last one.
std::string row(const std::vector<std::string>& cells, const std::vector<std::size_t>& columns) {
  std::string text;
  for (std::size_t i = 0; i < cells.size(); ++i) text += (i > 0 ? " " : "") + right(cells[i], columns[i]);
  return text;
}

std::vector<std::string> client_cells(const ClientRow& client) {
  return {rate(client.records_per_s),
          std::to_string(client.records),
          std::to_string(client.rejects),
          human_bytes(client.bytes),
          std::to_string(client.connections),
          human_seconds(static_cast<std::uint64_t>(std::max<std::int64_t>(0, client.oldest_age_ms)) / 1000)};
}

// "      3 stream, 1 http".
std::string connections_of(const TopSample& sample) {
  std::string text;
  for (const proto::Input input : proto::kAllInputs) {
    if (!brings_records(input) || !has_connections(input)) continue;
    const std::string count = std::to_string(sample.connections[input]);
    text += (text.empty() ? right(count, 7) : ", " + count) + " " + std::string(word(input));
  }
  return text;
}

std::vector<std::string> head_lines(const TopSample& sample, const TopRates& rates, const std::string& server) {
  return {"state " + shown(sample.state) + ", up " + human_seconds(sample.uptime_s) + ", crawlspoold " +
              shown(sample.version) + " at " + server,
          "",
          "records/s " + right(rate(rates.records), 12) + "    connections " + connections_of(sample),
          "MB/s      " + right(fixed(rates.megabytes, 2), 12) + "    ack p99     " +
              right(fixed(sample.ack_p99_ms, 2), 7) + " ms",
          "rejects/s " + right(rate(rates.rejects), 12) + "    lag         " + human_bytes(sample.lag_bytes) +
              " not synced, " + human_bytes(sample.memory_bytes) + " in memory",
          "records   " + right(std::to_string(sample.records), 12) + "    spool       " +
              human_bytes(sample.spool_bytes) + " in " + counted(sample.segments, "segment") + ", " +
              human_bytes(sample.free_bytes) + " free",
          "rejects   " + right(std::to_string(sample.rejects), 12)};
}

std::vector<std::string> client_lines(const std::vector<ClientRow>& clients) {
  static const std::vector<std::size_t> columns{12, 12, 9, 11, 6, 8};
  std::vector<std::string> lines{left("CLIENT", kNameColumns) +
                                 row({"RECORDS/S", "RECORDS", "REJECTS", "BYTES", "CONNS", "AGE"}, columns)};
  for (const ClientRow& client : clients)
    lines.push_back(left(shown(client.name).substr(0, kNameColumns - 1), kNameColumns) +
                    row(client_cells(client), columns));
  return lines;
}

const std::vector<std::size_t>& line_columns() {
  static const auto columns = [] {
    std::vector<std::size_t> all{kSecondColumns, 9, 12, 9, 9};
    for (const proto::Input input : proto::kAllInputs)
      if (brings_records(input) && has_connections(input)) all.push_back(word(input).size() + 2);
    all.insert(all.end(), {9, 10, 10});
    return all;
  }();
  return columns;
}

std::string upper_case(std::string_view word) {
  std::string text(word);
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

std::string top_screen(const TopSample& sample, const TopRates& rates, const std::string& server,
                       const ScreenSize& size) {
  std::vector<std::string> lines = head_lines(sample, rates, server);
  if (!sample.clients.empty()) {
    lines.emplace_back();
    for (std::string& line : client_lines(sample.clients)) lines.push_back(std::move(line));
  }
  lines.resize(std::min(lines.size(), size.rows));
  std::string screen;
  for (const std::string& line : lines) screen += (&line == &lines.front() ? "" : "\n") + line.substr(0, size.columns);
  return screen;
}

std::string top_heading() {
  std::vector<std::string> cells{"TIME", "STATE", "RECORDS/S", "MB/S", "REJECTS/S"};
  for (const proto::Input input : proto::kAllInputs)
    if (brings_records(input) && has_connections(input)) cells.push_back(upper_case(word(input)));
  cells.insert(cells.end(), {"P99_MS", "LAG", "FREE"});
  return row(cells, line_columns()) + "\n";
}

std::string top_line(const TopSample& sample, const TopRates& rates, const std::string& ts) {
  std::vector<std::string> cells{ts.substr(0, kSecondColumns - 1) + "Z", shown(sample.state), rate(rates.records),
                                 fixed(rates.megabytes, 2), rate(rates.rejects)};
  for (const proto::Input input : proto::kAllInputs)
    if (brings_records(input) && has_connections(input)) cells.push_back(std::to_string(sample.connections[input]));
  cells.insert(cells.end(),
               {fixed(sample.ack_p99_ms, 2), human_bytes(sample.lag_bytes), human_bytes(sample.free_bytes)});
  return row(cells, line_columns()) + "\n";
}

std::string top_json(const TopSample& sample, const TopRates& rates, const std::string& ts) {
  using nlohmann::ordered_json;
  const auto rounded = [](double value) { return std::round(value * 1000) / 1000; };
  ordered_json line{{"ts", ts},
                    {"state", sample.state},
                    {"records_per_s", rounded(rates.records)},
                    {"mb_per_s", rounded(rates.megabytes)},
                    {"rejects_per_s", rounded(rates.rejects)}};
  for (const proto::Input input : proto::kAllInputs)
    if (brings_records(input) && has_connections(input)) line[std::string(word(input))] = sample.connections[input];
  line.update(ordered_json{{"ack_p99_ms", sample.ack_p99_ms},
                           {"lag_bytes", sample.lag_bytes},
                           {"free_bytes", sample.free_bytes},
                           {"records", sample.records},
                           {"bytes", sample.bytes},
                           {"rejects", sample.rejects}});
  return line.dump(-1, ' ', true, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace crawlspool::cli
