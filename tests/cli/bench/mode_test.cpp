#include "cli/bench/mode.h"

#include <gtest/gtest.h>

#include <set>

namespace crawlspool::bench {
namespace {

TEST(Mode, EachHasANameThatFindsIt) {
  std::set<std::string_view> names;
  for (const ModeInfo& mode : all_modes()) {
    EXPECT_EQ(parse_mode(mode.name), mode.mode);
    EXPECT_EQ(&info(mode.mode), &mode);
    EXPECT_TRUE(names.insert(mode.name).second) << mode.name;
  }
  EXPECT_FALSE(parse_mode("nonsense"));
  EXPECT_FALSE(parse_mode(""));
}

TEST(Mode, TheNamesForPeopleLeaveRedisOut) {
  EXPECT_TRUE(mode_names().starts_with("http-close, http-keep-alive, "));
  EXPECT_EQ(mode_names().find("redis"), std::string::npos);
}

}  // namespace
}  // namespace crawlspool::bench
