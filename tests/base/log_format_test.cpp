#include "daemon/base/log_format.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace crawlspool::base {
namespace {

constexpr const char* kTime = "2026-11-20T04:05:06.123456Z";

std::string logfmt(std::string_view event, LogFields fields, std::uint64_t suppressed = 0) {
  std::string out;
  const std::string encoded = encode_event(event, fields, suppressed);
  render_logfmt(out, decode_event(encoded), kTime, "info");
  return out;
}

std::string json(std::string_view event, LogFields fields, std::uint64_t suppressed = 0) {
  std::string out;
  const std::string encoded = encode_event(event, fields, suppressed);
  render_json(out, decode_event(encoded), kTime, "info");
  return out;
}

// What a peer might send to fool whoever reads the log.
const std::vector<std::string> kHostile{"a\nlevel=error event=fake",
                                        "a\r\nb",
                                        "\"quoted\"",
                                        "a b",
                                        "a=b",
                                        "",
                                        "\x1b[2J\x07",
                                        "back\\slash",
                                        "\xff\xfe",
                                        "\u2028\u202Ea\u202C",
                                        "x\x1ft=y\x1f",
                                        "{}{0}%s%n",
                                        "🕷",
                                        std::string(1, '\0'),
                                        "\x1f",
                                        "a\x1ftconn=1"};

TEST(LogFormat, LogfmtIsOneLineOfKeysAndValues) {
  EXPECT_EQ(logfmt("conn_close", {{"conn", 17}, {"peer", "10.0.0.7:51234"}, {"reason", "idle_timeout"}, {"ok", true}}),
            "ts=2026-11-20T04:05:06.123456Z level=info event=conn_close conn=17 peer=10.0.0.7:51234 "
            "reason=idle_timeout ok=true");
}

TEST(LogFormat, JsonIsOneObjectWithBareNumbers) {
  EXPECT_EQ(json("conn_close", {{"conn", 17}, {"age_ms", -1}, {"ok", false}, {"peer", "[::1]:7"}}),
            R"({"ts":"2026-11-20T04:05:06.123456Z","level":"info","event":"conn_close","conn":17,"age_ms":-1,)"
            R"("ok":false,"peer":"[::1]:7"})");
}

TEST(LogFormat, EventWithoutFieldsIsWhole) {
  EXPECT_EQ(logfmt("stopped", {}), std::string("ts=") + kTime + " level=info event=stopped");
  EXPECT_TRUE(nlohmann::json::accept(json("stopped", {})));
}

TEST(LogFormat, SuppressedIsTheLastField) {
  EXPECT_TRUE(logfmt("reject", {{"conn", 1}}, 12).ends_with(" conn=1 suppressed=12"));
  EXPECT_EQ(nlohmann::json::parse(json("reject", {}, 12))["suppressed"], 12);
  EXPECT_EQ(logfmt("reject", {}, 0).find("suppressed"), std::string::npos);
}

TEST(LogFormat, WithoutATimestampTheJournalsOwnFieldsAreOmitted) {
  std::string out;
  const std::string encoded = encode_event("stopped", {{"conn", 1}}, 0);
  render_logfmt(out, decode_event(encoded), {}, {});
  EXPECT_EQ(out, "event=stopped conn=1");
}

TEST(LogFormat, LogfmtQuotesWhatIsNotBare) {
  EXPECT_TRUE(logfmt("e", {{"k", "a b"}}).ends_with(" k=\"a b\""));
  EXPECT_TRUE(logfmt("e", {{"k", ""}}).ends_with(" k=\"\""));
  EXPECT_TRUE(logfmt("e", {{"k", "a=b"}}).ends_with(" k=\"a=b\""));
  EXPECT_TRUE(logfmt("e", {{"k", "say \"x\""}}).ends_with(" k=\"say \\\"x\\\"\""));
}

TEST(LogFormat, HostileValuesStayInTheirLogfmtField) {
  for (const std::string& value : kHostile) {
    const std::string line = logfmt("reject", {{"detail", value}, {"conn", 7}});
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_EQ(line.find('\x1b'), std::string::npos);
    EXPECT_EQ(line.find(" detail="), line.rfind(" detail="));
    EXPECT_TRUE(line.ends_with(" conn=7")) << line;
    EXPECT_EQ(line.find(" event=reject"), line.find(" event=")) << line;
  }
}

TEST(LogFormat, HostileValuesStayInTheirJsonMember) {
  for (const std::string& value : kHostile) {
    const std::string line = json("reject", {{"detail", value}, {"conn", 7}});
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const auto parsed = nlohmann::json::parse(line, nullptr, false);
    ASSERT_TRUE(parsed.is_object()) << line;
    EXPECT_EQ(parsed.size(), 5U) << line;
    EXPECT_EQ(parsed["conn"], 7);
  }
}

TEST(LogFormat, JournalGetsTheLineAndAFieldForEachKey) {
  const std::string encoded = encode_event("conn_close", {{"conn", 17}, {"reason", "idle_timeout"}, {"age_ms", 5}}, 3);
  EXPECT_EQ(render_journal_fields(decode_event(encoded), 6),
            (std::vector<std::string>{"MESSAGE=event=conn_close conn=17 reason=idle_timeout age_ms=5 suppressed=3",
                                      "PRIORITY=6", "SYSLOG_IDENTIFIER=crawlspoold", "CRAWLSPOOL_EVENT=conn_close",
                                      "CRAWLSPOOL_CONN=17", "CRAWLSPOOL_REASON=idle_timeout", "CRAWLSPOOL_AGE_MS=5",
                                      "CRAWLSPOOL_SUPPRESSED=3"}));
}

const std::string kRightToLeft = {'\xe2', '\x80', '\xae'};  // U+202E

TEST(LogFormat, HostileValuesStayInTheirJournalField) {
  for (const std::string& value : kHostile) {
    const std::string encoded = encode_event("reject", {{"detail", value}, {"conn", 7}}, 0);
    const auto fields = render_journal_fields(decode_event(encoded), 4);
    ASSERT_EQ(fields.size(), 6U);
    EXPECT_TRUE(fields[4].starts_with("CRAWLSPOOL_DETAIL="));
    EXPECT_EQ(fields[5], "CRAWLSPOOL_CONN=7");
    for (const std::string& field : fields)
      EXPECT_TRUE(std::all_of(field.begin(), field.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7F; }))
          << field;
    EXPECT_EQ(fields[4].find(kRightToLeft), std::string::npos);
  }
}

TEST(LogFormat, HarmlessTextComesBackFromJsonAsItWas) {
  for (const char* value : {"a\nb", "\"quoted\"", "back\\slash", "🕷 漢字", "\t", ""})
    EXPECT_EQ(nlohmann::json::parse(json("e", {{"k", value}}))["k"], value);
}

}  // namespace
}  // namespace crawlspool::base
