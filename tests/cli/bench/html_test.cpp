#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/bench/renderings.h"
#include "tests/cli/bench/a_report.h"

namespace crawlspool::bench {
namespace {

using nlohmann::json;

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

std::string_view embedded(std::string_view name) {
  for (const base::EmbeddedFile& file : embedded_files())
    if (file.name == name) return file.content;
  return {};
}

std::string replace_all(std::string text, std::string_view part, std::string_view by) {
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + by.size()))
    text.replace(at, part.size(), by);
  return text;
}

// The page without the text of the chart library.
std::string own_page(const Report& report) { return replace_all(render_html(report), embedded("chart.min.js"), ""); }

// What the script draws: the rows of all sections.
std::vector<json> drawn(const Report& report) {
  constexpr std::string_view kBegin = "data-rows=\"";
  const std::string page = own_page(report);
  std::vector<json> rows;
  for (std::size_t at = page.find(kBegin); at != std::string::npos; at = page.find(kBegin, at + 1)) {
    const std::size_t begin = at + kBegin.size();
    const json section = json::parse(replace_all(page.substr(begin, page.find('"', begin) - begin), "&quot;", "\""));
    rows.insert(rows.end(), section.begin(), section.end());
  }
  return rows;
}

TEST(Html, TextStaysText) {
  EXPECT_EQ(html_escaped(R"(<b class="x">a & 'b'</b>)"), "&lt;b class=&quot;x&quot;&gt;a &amp; &#39;b&#39;&lt;/b&gt;");
  Report report = a_report();
  report.records_name = "</p><script>alert(1)</script>";
  report.server = "<img>";
  report.rows[2].why_not = "<i>";
  const std::string page = own_page(report);
  EXPECT_EQ(count(page, "<script"), 2U);  // the library and the page's own
  EXPECT_EQ(count(page, "<img"), 0U);
  EXPECT_EQ(count(page, "<i>"), 0U);
}

TEST(Html, NeedsNothingElse) {
  const std::string page = own_page(a_report());
  for (const char* part : {"http://", "https://", "src=", "href=", "url(", "@import"})
    EXPECT_EQ(count(page, part), 0U) << part;
}

TEST(Html, HoldsTheLibraryWithItsLicence) {
  ASSERT_NE(embedded("chart.min.js").find("Released under the MIT License"), std::string_view::npos);
  EXPECT_EQ(count(render_html(a_report()), embedded("chart.min.js")), 1U);
}

// A script's text ends at the first such tag, wherever it stands.
TEST(Html, EmbeddedFilesEndNoElement) {
  for (const base::EmbeddedFile& file : embedded_files()) EXPECT_EQ(count(file.content, "</s"), 0U) << file.name;
}

TEST(Html, EachMeasuredRowHasABarACurveAndALine) {
  const std::string page = own_page(a_report());
  EXPECT_EQ(count(page, "<section>"), 2U);
  EXPECT_EQ(count(page, "<canvas"), 4U);
  EXPECT_EQ(count(page, "<tr><td"), 3U);
  const std::vector<json> rows = drawn(a_report());
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0]["rate"], 2000);
  EXPECT_EQ(rows[0]["rate_text"], "2,000/s, 1.0 \u00d7");
  EXPECT_EQ(rows[1]["rate_text"], "1,000,000/s, 500 \u00d7");
  EXPECT_EQ(rows[2]["rate_text"], "2,000,000/s");
}

TEST(Html, ACurveGoesAsFarAsThereAreRecordsAndMarksItsQuantiles) {
  const json curve = drawn(a_report())[0]["curve"];
  EXPECT_EQ(curve.front(), json({0.0, 100}));
  EXPECT_EQ(curve.back(), json({3.0, 100, "p99.9"}));  // of a thousand
  std::vector<std::string> marked;
  for (const json& point : curve)
    if (point.size() == 3) marked.push_back(point[2]);
  EXPECT_EQ(marked, (std::vector<std::string>{"p50", "p99", "p99.9"}));
}

TEST(Html, ALevelThatWasNotMeasuredIsSkipped) {
  Report report = a_report();
  report.rows.erase(report.rows.begin(), report.rows.begin() + 2);
  EXPECT_EQ(count(own_page(report), "<section>"), 1U);
  report.rows.pop_back();
  EXPECT_EQ(count(own_page(report), "<section>"), 0U);
}

TEST(Html, EachModeHasAColourByDayAndByNight) {
  for (const ModeInfo& mode : all_modes())
    EXPECT_EQ(count(embedded("bench.css"), " --" + std::string(mode.name) + ": #"), 2U) << mode.name;
}

TEST(Html, ExtremeFiguresStayWithinThePicture) {
  Report report = a_report();
  report.rows[0].runs = {a_run(1, 0, 0)};
  report.rows[1].runs = {a_run(1'000'000'000, 1e-9, 86'400'000'000)};
  for (const json& row : drawn(report)) {
    EXPECT_TRUE(row["rate"].is_number()) << row;
    for (const json& point : row["curve"]) {
      EXPECT_TRUE(point[0] >= 0 && point[0] <= 4) << row;
      EXPECT_TRUE(point[1] >= 1 && point[1] <= 86'400'000'000) << row;
    }
  }
}

}  // namespace
}  // namespace crawlspool::bench
