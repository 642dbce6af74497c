#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/bench/renderings.h"
#include "cli/common/human.h"

namespace crawlspool::bench {
namespace {

using cli::three_digits;
using cli::times_text;
using nlohmann::ordered_json;
using Rows = std::vector<const Row*>;

// Shares are counted in thousandths of a nine: 2000 is 99 %.
constexpr int kNinesMax = 4000;
constexpr int kNinesStep = 50;

constexpr std::array<std::pair<double, const char*>, 3> kMarked{{{0.5, "p50"}, {0.99, "p99"}, {0.999, "p99.9"}}};

double share_of(int nines) { return 1 - std::pow(10, -nines / 1000.0); }
int nines_of(double share) { return static_cast<int>(std::lround(-1000 * std::log10(1 - share))); }

// Returns [nines, us] for each point, and the name of a quantile that is marked. A curve goes as far as there are
// records for.
ordered_json curve_json(const base::Histogram& latency) {
  const double records = static_cast<double>(std::max<std::uint64_t>(latency.count(), 1));
  const int end = std::min(kNinesMax, static_cast<int>(1000 * std::log10(records)));
  std::map<int, ordered_json> points;
  const auto add = [&](int nines, double share) -> ordered_json& {
    return points[nines] = {nines / 1000.0, std::max<std::int64_t>(latency.quantile_us(share), 1)};
  };
  for (int nines = 0; nines < end; nines += kNinesStep) add(nines, share_of(nines));
  add(end, share_of(end));
  for (const auto& [share, name] : kMarked)
    if (nines_of(share) <= end) add(nines_of(share), share).push_back(name);
  ordered_json curve = ordered_json::array();
  for (auto& [nines, point] : points) curve.push_back(std::move(point));
  return curve;
}

std::string_view transport_word(Transport transport) {
  switch (transport) {
    case Transport::kHttp:
      return "http";
    case Transport::kStream:
      return "stream";
    case Transport::kRedis:
      return "redis";
  }
  return {};
}

// Returns what page/bench.js draws of a row.
ordered_json chart_json(const Report& report, const Row& row) {
  const double rate = row.median()->records_per_s();
  std::string rate_text = three_digits(rate) + "/s";
  if (const auto times = report.times_http(row)) rate_text += ", " + times_text(*times) + " \u00d7";
  return {{"mode", info(row.mode).name},
          {"title", info(row.mode).title},
          {"transport", transport_word(info(row.mode).transport)},
          {"rate", rate},
          {"rate_text", rate_text},
          {"curve", curve_json(row.median()->load.latency)}};
}

std::string figure(const std::string& caption, const std::string& label) {
  return "<figure><figcaption>" + caption + "</figcaption><div class=\"canvas\"><canvas role=\"img\" aria-label=\"" +
         label + "\"></canvas></div></figure>\n";
}

std::string charts(const Report& report, const Rows& rows) {
  ordered_json json = ordered_json::array();
  for (const Row* row : rows) json.push_back(chart_json(report, *row));
  return "<div class=\"charts\" data-rows=\"" + html_escaped(json.dump()) + "\">\n" +
         figure("Records a second (and &times; HTTP, a connection a record)", "Records a second by mode") +
         figure("Time from sending a record to its ack", "Ack latency by share of records") + "</div>\n";
}

std::string table(const Report& report, const Rows& rows) {
  std::string html = "<div class=\"scroll\"><table>\n<tr><th></th>";
  for (const std::string& column : table_columns()) html += "<th>" + html_escaped(column) + "</th>";
  html += "</tr>\n";
  for (const Row* row : rows) {
    html += "<tr><td><span class=\"key\" style=\"background:var(--" + std::string(info(row->mode).name) +
            ")\"></span>" + html_escaped(info(row->mode).title) + "</td>";
    for (const std::string& cell : table_cells(report, *row)) html += "<td>" + html_escaped(cell) + "</td>";
    html += "</tr>\n";
  }
  return html + "</table></div>\n";
}

std::string section(const Report& report, AckLevel level) {
  Rows rows;
  for (const Row& row : report.rows)
    if (row.level == level && row.median() != nullptr) rows.push_back(&row);
  if (rows.empty()) return {};
  const bool is_synced = level == AckLevel::kSynced;
  return std::string("<section><h2>Acks mean ") + std::string(proto::word(level)) + "</h2>\n<p class=\"soft\">" +
         (is_synced ? "The record is on the disk." : "The record is written, and synced to the disk once a second.") +
         "</p>\n" + charts(report, rows) + table(report, rows) + "</section>\n";
}

std::string embedded(std::string_view suffix, const std::string& tag) {
  std::string html;
  for (const base::EmbeddedFile& file : embedded_files())
    if (file.name.ends_with(suffix)) html += "<" + tag + ">" + std::string(file.content) + "</" + tag + ">\n";
  return html;
}

}  // namespace

std::string html_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string render_html(const Report& report) {
  std::string html =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>crawlspool bench</title>\n";
  html += embedded(".css", "style");
  html += "</head>\n<body><main>\n<h1>crawlspool bench</h1>\n";
  for (const std::string& line : settings_lines(report)) html += "<p class=\"soft\">" + html_escaped(line) + "</p>\n";
  html += "<noscript><p>The charts need JavaScript; the tables do not.</p></noscript>\n";
  for (const AckLevel level : {AckLevel::kSynced, AckLevel::kWritten}) html += section(report, level);
  if (const auto notes = report.notes(); !notes.empty()) {
    html += "<h2>Notes</h2>\n<ul class=\"soft\">\n";
    for (const std::string& note : notes) html += "<li>" + html_escaped(note) + "</li>\n";
    html += "</ul>\n";
  }
  return html + "</main>\n" + embedded(".js", "script") + "</body></html>\n";
}

}  // namespace crawlspool::bench
