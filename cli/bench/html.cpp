#include "cli/bench/html.h"

#include <algorithm>

#include "cli/bench/figures.h"
#include "cli/bench/html_text.h"
#include "cli/bench/latency_chart.h"
#include "cli/bench/table.h"
#include "daemon/base/version.h"

namespace crawlspool::bench {
namespace {

using Rows = std::vector<const Row*>;

std::string bar(const Report& report, const Row& row, double rate_max) {
  const double rate = row.median()->records_per_s();
  std::string value = three_digits(rate) + "/s";
  if (const auto times = report.times_http(row)) value += " <b>" + times_text(*times) + " &times;</b>";
  return "<div class=\"bar " + mode_class(row.mode) + "\"><div class=\"text\"><span>" +
         html_escaped(info(row.mode).title) + "</span><span class=\"value\">" + value +
         "</span></div><div class=\"track\"><div class=\"fill\" style=\"width:" + coordinate(100 * rate / rate_max) +
         "%\"></div></div></div>\n";
}

std::string bars(const Report& report, const Rows& rows) {
  double rate_max = 0;
  for (const Row* row : rows) rate_max = std::max(rate_max, row->median()->records_per_s());
  std::string html = "<figure><h3>Records a second (and &times; HTTP, a connection a record)</h3>\n";
  for (const Row* row : rows) html += bar(report, *row, rate_max);
  return html + "</figure>\n";
}

std::string curves(const Rows& rows) {
  return "<figure><h3>Time from sending a record to its ack</h3>\n" + latency_chart(rows) + "</figure>\n";
}

std::string table(const Report& report, const Rows& rows) {
  std::string html = "<div class=\"scroll\"><table>\n<tr><th></th>";
  for (const std::string& column : table_columns()) html += "<th>" + html_escaped(column) + "</th>";
  html += "</tr>\n";
  for (const Row* row : rows) {
    html += "<tr><td class=\"" + mode_class(row->mode) + "\"><span class=\"key\"></span>" +
            html_escaped(info(row->mode).title) + "</td>";
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
         "</p>\n<div class=\"charts\">\n" + bars(report, rows) + curves(rows) + "</div>\n" + table(report, rows) +
         "</section>\n";
}

}  // namespace

std::string render_html(const Report& report) {
  std::string html =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>crawlspool bench</title>\n<style>";
  html += page_style();
  html += "</style></head>\n<body><main>\n<h1>crawlspool bench</h1>\n";
  for (const std::string& line : settings_lines(report)) html += "<p class=\"soft\">" + html_escaped(line) + "</p>\n";
  for (const AckLevel level : {AckLevel::kSynced, AckLevel::kWritten}) html += section(report, level);
  if (const auto notes = report.notes(); !notes.empty()) {
    html += "<h2>Notes</h2>\n<ul class=\"soft\">\n";
    for (const std::string& note : notes) html += "<li>" + html_escaped(note) + "</li>\n";
    html += "</ul>\n";
  }
  return html + "</main></body></html>\n";
}

}  // namespace crawlspool::bench
