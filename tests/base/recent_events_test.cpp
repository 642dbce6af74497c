#include "daemon/base/recent_events.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "tests/support/temp_dir.h"

namespace crawlspool::base {
namespace {

std::vector<int> numbers_in(const std::string& json) {
  std::vector<int> numbers;
  const auto parsed = nlohmann::json::parse(json);
  for (const auto& event : parsed.at("events")) numbers.push_back(event.at("n"));
  return numbers;
}

std::string event(int number) { return R"({"n":)" + std::to_string(number) + "}"; }

TEST(RecentEvents, AreToldInTheOrderInWhichTheyCame) {
  RecentEvents events;
  events.add(event(1), false);
  events.add(event(2), true);
  events.add(event(3), false);
  EXPECT_EQ(numbers_in(events.json()), (std::vector{1, 2, 3}));
}

TEST(RecentEvents, WithoutAnyIsAnEmptyList) { EXPECT_EQ(RecentEvents().json(), R"({"events":[]})"); }

TEST(RecentEvents, AWarningOutlivesAnyNumberOfOthers) {
  constexpr int kMany = 3 * RecentEvents::kOfEach;
  RecentEvents events;
  events.add(event(0), true);
  for (int i = 1; i <= kMany; ++i) events.add(event(i), false);
  const std::vector<int> numbers = numbers_in(events.json());
  EXPECT_EQ(numbers.size(), RecentEvents::kOfEach + 1);
  EXPECT_EQ(numbers.front(), 0);
  EXPECT_EQ(numbers.back(), kMany);
}

TEST(RecentEvents, OneThatIsTooLongIsNotKept) {
  RecentEvents events;
  events.add(std::string(RecentEvents::kBytesMax + 1, 'x'), true);
  EXPECT_EQ(events.json(), R"({"events":[]})");
}

TEST(RecentEvents, HoldWhatWasLogged) {
  const test::TempDir temp;
  ASSERT_TRUE(start_log({.destination = temp.file("log")}));
  log_error("recent_events_test", {{"text", "a\"\n\x1b<b>"}, {"n", 7}});
  stop_log();
  const auto all = nlohmann::json::parse(recent_events_json()).at("events");
  EXPECT_EQ(all.back().at("event"), "recent_events_test");
  EXPECT_EQ(all.back().at("level"), "error");
  EXPECT_EQ(all.back().at("n"), 7);
  EXPECT_EQ(all.back().at("text").get<std::string>().substr(0, 2), "a\"");
}

}  // namespace
}  // namespace crawlspool::base
