#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/top/sample.h"
#include "cli/top/view.h"

namespace crawlspool::cli {
namespace {

constexpr std::int64_t kStartUs = 10'000'000;

std::string status(std::uint64_t records, std::uint64_t pid = 7) {
  return R"({"version":"1.2.3","pid":)" + std::to_string(pid) +
         R"(,"uptime_s":3900,"state":"ok","connections":{"stream":3,"http":1},"records":)" + std::to_string(records) +
         R"(,"bytes":5000000,"rejects":{"invalid_json":2,"too_deep":1},"memory_bytes":1024,)"
         R"("spool":{"position":1500,"durable":1000,"segments":2,"bytes":2048,"free_bytes":1073741824},"ack_p99_ms":1.25})";
}

std::string clients(std::uint64_t a, std::uint64_t b) {
  return R"({"total":4,"clients":[{"client":"a","address":"10.0.0.1","connections":1,"records":)" + std::to_string(a) +
         R"(,"rejects":0,"bytes":100,"oldest_age_ms":5000},{"client":"","address":"10.0.0.2","connections":2,"records":)" +
         std::to_string(b) + R"(,"rejects":3,"bytes":4096,"oldest_age_ms":61000}]})";
}

TopSample sample(std::uint64_t records, const std::string& connections, std::int64_t at_us, std::uint64_t pid = 7) {
  return read_sample(status(records, pid), connections, at_us).value();
}

TEST(TopSample, TakesTheFiguresOfStatus) {
  const TopSample one = sample(100, clients(60, 40), kStartUs);
  EXPECT_EQ(one.version, "1.2.3");
  EXPECT_EQ(one.connections[proto::input("stream")], 3U);
  EXPECT_EQ(one.connections[proto::input("http")], 1U);
  EXPECT_EQ(one.records, 100U);
  EXPECT_EQ(one.rejects, 3U);
  EXPECT_EQ(one.lag_bytes, 500U);
  EXPECT_EQ(one.ack_p99_ms, 1.25);
  ASSERT_EQ(one.clients.size(), 2U);
  EXPECT_EQ(one.clients[0].name, "a 10.0.0.1");
  EXPECT_EQ(one.clients[1].name, "10.0.0.2");
  EXPECT_EQ(one.clients[1].connections, 2U);
}

TEST(TopSample, AStrangersAnswersAreNoSampleAndNoCrash) {
  for (const char* body : {"", "[]", "{}", "<html>", R"({"state":5})"}) EXPECT_FALSE(read_sample(body, "", 0)) << body;
  for (const char* body : {R"({"state":"ok","connections":5,"spool":[1],"rejects":[],"records":-1,"ack_p99_ms":"x"})",
                           R"({"state":"ok","spool":{"position":1,"durable":9}})"})
    EXPECT_EQ(read_sample(body, R"({"clients":[5,{"records":"x"}]})", 0)->lag_bytes, 0U) << body;
  EXPECT_TRUE(sample(1, R"({"error":{"code":"not_found"}})", 0).clients.empty());
}

TEST(TopRates, AreWhatCameBetweenTheTwo) {
  const TopSample before = sample(100, clients(60, 40), kStartUs);
  TopSample now = sample(150, clients(60, 90), kStartUs + 2'000'000);
  const TopRates since = rates(before, now);
  EXPECT_EQ(since.records, 25);
  EXPECT_EQ(since.rejects, 0);
  EXPECT_EQ(now.clients[0].name, "10.0.0.2") << "the fastest is first";
  EXPECT_EQ(now.clients[0].records_per_s, 25);
  EXPECT_EQ(now.clients[1].records_per_s, 0);
}

TEST(TopRates, AreNothingAcrossARestartAndWithoutTime) {
  const TopSample before = sample(100, "", kStartUs);
  TopSample restarted = sample(150, "", kStartUs + 2'000'000, 8);
  EXPECT_EQ(rates(before, restarted).records, 0);
  TopSample at_once = sample(150, "", kStartUs);
  EXPECT_EQ(rates(before, at_once).records, 0);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(TopView, TheScreenFitsTheTerminal) {
  TopSample one = sample(100, clients(60, 40), kStartUs);
  one.clients.resize(200, one.clients.front());
  for (const ScreenSize size : {ScreenSize{80, 24}, ScreenSize{20, 5}, ScreenSize{200, 300}}) {
    const auto lines = lines_of(top_screen(one, {}, "127.0.0.1:8942", size));
    EXPECT_LE(lines.size(), size.rows);
    for (const std::string& line : lines) EXPECT_LE(line.size(), size.columns) << line;
  }
  const std::string screen = top_screen(one, {1234.5, 2.5, 0.25}, "127.0.0.1:8942", {100, 12});
  for (const char* part : {"state ok", "up 1h 5m", "records/s", "1234", "2.50", "1.25 ms", "3 stream, 1 http",
                           "500 B not synced", "1.0 GiB free", "CLIENT", "a 10.0.0.1"})
    EXPECT_NE(screen.find(part), std::string::npos) << part << "\n" << screen;
}

TEST(TopView, NothingSteersTheTerminal) {
  TopSample one = sample(1, "", kStartUs);
  one.state = "\033[2J";
  one.clients.push_back({"\033]0;x\a\n", 1, 2, 3, 4, 5, 6});
  for (const std::string& text :
       {top_screen(one, {}, "x", {}), top_line(one, {}, "2026-11-20T04:05:06.123456Z"), top_json(one, {}, "t")})
    EXPECT_EQ(text.find('\033'), std::string::npos) << text;
}

TEST(TopView, ALineStandsBelowItsHeading) {
  const TopSample one = sample(100, "", kStartUs);
  const std::string line = top_line(one, {1234.5, 2.5, 0.25}, "2026-11-20T04:05:06.123456Z");
  EXPECT_EQ(line.find("ok") + 2, top_heading().find("STATE") + 5);
  EXPECT_EQ(line.size(), top_heading().size());
  EXPECT_TRUE(line.starts_with("2026-11-20T04:05:06Z"));
}

TEST(TopView, JsonIsAnObjectALine) {
  const auto json = nlohmann::json::parse(top_json(sample(100, "", kStartUs), {1.23456, 2, 3}, "T"));
  EXPECT_EQ(json["records_per_s"], 1.235);
  EXPECT_EQ(json["lag_bytes"], 500);
  EXPECT_EQ(json["records"], 100);
}

}  // namespace
}  // namespace crawlspool::cli
