#include "cli/common/access_hint.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "tests/support/temp_dir.h"

namespace crawlspool::cli {
namespace {

const Gate kSpool{"crawlspool", "crawlspool", true, false, false, "ann"};

TEST(AccessHint, NamesTheGroupToJoin) {
  EXPECT_EQ(access_hint(kSpool),
            "its group, crawlspool, may read it: as root, usermod -aG crawlspool ann, and log in again; or run this as "
            "root or crawlspool");
}

TEST(AccessHint, OneWhoIsListedHasToLogInAgain) {
  Gate gate = kSpool;
  gate.is_member_by_file = true;
  EXPECT_EQ(access_hint(gate), "ann has been added to its group, crawlspool, after this login: log in again");
}

TEST(AccessHint, WhereTheGroupDoesNotHelpTheOwnerIsNamed) {
  Gate shut = kSpool;
  shut.group_may_read = false;
  Gate member = kSpool;
  member.is_member = true;
  Gate of_root = kSpool;
  of_root.group.clear();
  for (const Gate& gate : {shut, member, of_root})
    EXPECT_EQ(access_hint(gate), "it belongs to crawlspool: run this as root or crawlspool");
}

TEST(AccessHint, OnlyDeniedAccessGetsOne) {
  const test::TempDir temp;
  const base::Error denied = base::fail_errno("open of x", EACCES).value();
  const base::Error missing = base::fail_errno("open of x", ENOENT).value();
  const std::string inside = temp.path().string() + "/not/there";
  EXPECT_EQ(with_access_hint(missing, inside).message(), missing.message());
  EXPECT_TRUE(with_access_hint(denied, inside).message().starts_with(denied.message() + "; it"));
}

}  // namespace
}  // namespace crawlspool::cli
