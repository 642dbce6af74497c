#include "config/changes.h"

#include <gtest/gtest.h>

#include "config/keys.h"
#include "config/print.h"
#include "tests/config/far_from_defaults.h"

namespace crawlspool::config {
namespace {

TEST(Changes, NamesEachKeyThatDiffersWithBothValues) {
  Config after;
  after.limits.connections_max = 5;
  after.spool.directory = "/srv/a b";
  const auto found = changes({}, after);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].key, "limits.connections_max");
  EXPECT_EQ(found[0].before, "10000");
  EXPECT_EQ(found[0].after, "5");
  EXPECT_FALSE(found[0].needs_restart);
  EXPECT_EQ(found[1].key, "spool.directory");
  EXPECT_EQ(found[1].before, "/var/spool/crawlspool");
  EXPECT_TRUE(found[1].needs_restart);
}

TEST(Changes, ThereAreNoneWhereAllIsEqual) {
  EXPECT_TRUE(changes({}, {}).empty());
  EXPECT_TRUE(changes(test::far_from_defaults(), test::far_from_defaults()).empty());
}

TEST(Changes, EveryKeyIsCompared) { EXPECT_EQ(changes({}, test::far_from_defaults()).size(), keys().size()); }

TEST(KeepUntilRestart, TakesEveryKeyThatMayChangeAndLeavesTheOthers) {
  const Config running;
  const Config loaded = test::far_from_defaults();
  const Config in_force = keep_until_restart(running, loaded);
  for (const Key& key : keys())
    EXPECT_EQ(key.kind.print(in_force), key.kind.print(key.needs_restart ? running : loaded)) << key.name;
}

TEST(KeepUntilRestart, KeepsWhateverAKeyCanHold) {
  const Config running = test::far_from_defaults();
  const Config in_force = keep_until_restart(running, {});
  for (const Key& key : keys())
    EXPECT_EQ(key.kind.print(in_force), key.kind.print(key.needs_restart ? running : Config{})) << key.name;
}

}  // namespace
}  // namespace crawlspool::config
