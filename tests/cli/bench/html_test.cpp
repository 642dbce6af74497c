#include "cli/bench/html.h"

#include <gtest/gtest.h>

#include "cli/bench/html_text.h"
#include "tests/cli/bench/a_report.h"

namespace crawlspool::bench {
namespace {

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(Html, TextStaysText) {
  EXPECT_EQ(html_escaped(R"(<b class="x">a & 'b'</b>)"), "&lt;b class=&quot;x&quot;&gt;a &amp; &#39;b&#39;&lt;/b&gt;");
  Report report = a_report();
  report.records_name = "</p><script>alert(1)</script>";
  report.server = "<img>";
  report.rows[2].why_not = "<i>";
  const std::string page = render_html(report);
  EXPECT_EQ(count(page, "<script"), 0U);
  EXPECT_EQ(count(page, "<img"), 0U);
  EXPECT_EQ(count(page, "<i>"), 0U);
}

TEST(Html, NeedsNothingElse) {
  const std::string page = render_html(a_report());
  for (const char* part : {"http://", "https://", "src=", "href=", "url(", "@import"})
    EXPECT_EQ(count(page, part), 0U) << part;
}

TEST(Html, EachMeasuredRowHasABarACurveAndALine) {
  const std::string page = render_html(a_report());
  EXPECT_EQ(count(page, "<section>"), 2U);
  EXPECT_EQ(count(page, "class=\"bar mode-"), 3U);
  EXPECT_EQ(count(page, "<path class=\"curve"), 3U);
  EXPECT_EQ(count(page, "<tr><td"), 3U);
  EXPECT_EQ(count(page, "width:100.0%"), 2U);
  EXPECT_EQ(count(page, "<b>500 &times;</b>"), 1U);
}

TEST(Html, ALevelThatWasNotMeasuredIsLeftOut) {
  Report report = a_report();
  report.rows.erase(report.rows.begin(), report.rows.begin() + 2);
  EXPECT_EQ(count(render_html(report), "<section>"), 1U);
  report.rows.pop_back();
  EXPECT_EQ(count(render_html(report), "<section>"), 0U);
}

TEST(Html, EachModeHasAColour) {
  for (const ModeInfo& mode : all_modes())
    EXPECT_NE(page_style().find("." + mode_class(mode.mode) + " { --mode: var(--" + std::string(mode.name) + "); }"),
              std::string::npos)
        << mode.name;
}

TEST(Html, ExtremeFiguresStayWithinThePicture) {
  Report report = a_report();
  report.rows[0].runs = {a_run(1, 0, 0)};
  report.rows[1].runs = {a_run(1'000'000'000, 1e-9, 86'400'000'000)};
  const std::string page = render_html(report);
  for (const char* part : {"nan", "inf", "\"-", " -"})
    EXPECT_EQ(count(page.substr(page.find("<svg")), part), 0U) << part;
}

}  // namespace
}  // namespace crawlspool::bench
