#include "cli/common/damage.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/common/subcommands.h"

namespace crawlspool::cli {
namespace {

using Strings = std::vector<std::string>;

class DamageLogTest : public ::testing::Test {
 protected:
  Strings said;
  DamageLog damage{[this](const std::string& line) { said.push_back(line); }};
};

TEST_F(DamageLogTest, NeighboursAreOnePlace) {
  damage.damaged(10, 5);
  damage.damaged(15, 7);
  damage.damaged(30, 1);
  damage.flush();
  EXPECT_EQ(said, (Strings{"position 10: 12 bytes damaged", "position 30: 1 byte damaged"}));
  EXPECT_EQ(damage.places(), 2U);
  EXPECT_EQ(damage.bytes(), 13U);
  EXPECT_EQ(damage.exit_code(), kExitDamaged);
}

TEST_F(DamageLogTest, DamageAtTheVeryStartIsAPlace) {
  damage.damaged(0, 5);
  damage.flush();
  damage.flush();
  EXPECT_EQ(said, Strings{"position 0: 5 bytes damaged"});
}

TEST_F(DamageLogTest, WhatIsMissingIsDamageAndComesInOrder) {
  damage.damaged(0, 5);
  damage.missing(5, 10);
  damage.doubled(15, 2);
  EXPECT_EQ(said, (Strings{"position 0: 5 bytes damaged", "position 5: 10 bytes missing",
                           "position 15: 2 bytes in two segments"}));
  EXPECT_EQ(damage.exit_code(), kExitDamaged);
}

TEST_F(DamageLogTest, AFileThatCannotBeReadIsNoDamage) {
  damage.skipped("x", base::Error{base::ErrorCode::kPermission, 0, "no regular file"});
  EXPECT_EQ(damage.exit_code(), kExitFailed);
  damage.damaged(1, 1);
  EXPECT_EQ(damage.exit_code(), kExitDamaged);
}

TEST_F(DamageLogTest, WhatTheDaemonTookBackIsSaidAndNoDamage) {
  damage.taken_back(5, 10);
  EXPECT_EQ(said.size(), 1U);
  EXPECT_EQ(damage.exit_code(), kExitOk);
}

}  // namespace
}  // namespace crawlspool::cli
