#include "daemon/spool/control/lock_and_identity.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <string>

#include "daemon/spool/storage/layout.h"
#include "daemon/spool/storage/posix_file_system.h"
#include "tests/support/errors.h"
#include "tests/support/forgetful_file_system.h"
#include "tests/support/temp_dir.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using test::code_of;
using test::ForgetfulDisk;

const base::SystemClock kClock;

TEST(ClaimSpool, ANewSpoolGetsAnIdentityThatLasts) {
  ForgetfulDisk disk;
  const auto id = claim_spool(*disk.open(), kClock);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->size(), 32U);
  EXPECT_EQ(id->find_first_not_of("0123456789abcdef"), std::string::npos);
  disk.crash();
  EXPECT_EQ(read_spool_id(*disk.open()), *id);
  EXPECT_EQ(claim_spool(*disk.open(), kClock), *id);
  const auto identity = nlohmann::json::parse(disk.content(kIdentityName).value_or(""));
  EXPECT_EQ(identity["format"], kFormatVersion);
  EXPECT_EQ(identity["created"].get<std::string>().size(), base::kTimestampBytes);

  ForgetfulDisk other;
  EXPECT_NE(claim_spool(*other.open(), kClock), *id);
}

TEST(ClaimSpool, ACrashAtEachCallLeavesNoHalfIdentity) {
  for (std::uint64_t changes = 0;; ++changes) {
    ForgetfulDisk disk;
    disk.stop_after(changes);
    const auto claimed = claim_spool(*disk.open(), kClock);
    disk.crash();
    const auto again = claim_spool(*disk.open(), kClock);
    ASSERT_TRUE(again) << changes;
    if (!claimed) continue;
    EXPECT_EQ(*again, *claimed);
    break;
  }
}

TEST(ClaimSpool, ASecondOneIsToldWhoHoldsIt) {
  const test::TempDir temp;
  const auto first = open_posix_directory(temp.file("spool"), IfMissing::kCreate);
  const auto second = open_posix_directory(temp.file("spool"), IfMissing::kFail);
  const auto id = claim_spool(**first, kClock);
  ASSERT_TRUE(id);
  const auto refused = claim_spool(**second, kClock);
  ASSERT_FALSE(refused);
  EXPECT_EQ(code_of(refused), ErrorCode::kLocked);
  EXPECT_NE(refused.error().context.find("pid " + std::to_string(::getpid())), std::string::npos);
  EXPECT_EQ(read_spool_id(**second), *id);  // readers need no lock
}

TEST(ClaimSpool, ANewerFormatIsRefusedAndNothingIsTouched) {
  for (const char* format : {"2", "1000000000000", "18446744073709551615"}) {
    ForgetfulDisk disk;
    disk.put(std::string(kIdentityName), std::string("{\"format\":") + format + ",\"id\":\"abc\"}\n");
    EXPECT_EQ(code_of(claim_spool(*disk.open(), kClock)), ErrorCode::kConfig) << format;
    EXPECT_EQ(disk.changes(), 0U);
    EXPECT_EQ(disk.names(), std::vector<std::string>{std::string(kIdentityName)});
  }
}

TEST(ClaimSpool, AnIdentityThatDoesNotReadIsDamagedAndNotMadeAnew) {
  for (const std::string text :
       {"", "{", "null", "[]", "{}", R"({"format":1})", R"({"id":"x"})", R"({"format":"1","id":"x"})",
        R"({"format":1,"id":7})", R"({"format":1.5,"id":"x"})", R"({"format":0,"id":"x"})", R"({"format":-1,"id":"x"})",
        R"({"format":1,"id":"x"}{})"}) {
    ForgetfulDisk disk;
    disk.put(std::string(kIdentityName), text);
    EXPECT_EQ(code_of(claim_spool(*disk.open(), kClock)), ErrorCode::kDamaged) << text;
    EXPECT_EQ(disk.content(kIdentityName), text);
  }
  ForgetfulDisk disk;
  disk.put(std::string(kIdentityName), R"({"format":1,"id":"x"})" + std::string(5000, ' '));
  EXPECT_EQ(code_of(claim_spool(*disk.open(), kClock)), ErrorCode::kDamaged);
}

TEST(ReadSpoolId, SaysWhenThereIsNoSpool) {
  ForgetfulDisk disk;
  EXPECT_EQ(code_of(read_spool_id(*disk.open())), ErrorCode::kNotFound);
  EXPECT_EQ(disk.changes(), 0U);
}

TEST(ClaimSpool, LinksAreRefused) {
  for (const std::string_view name : {kLockName, kIdentityName}) {
    const test::TempDir temp;
    const auto directory = open_posix_directory(temp.file("spool"), IfMissing::kCreate);
    ASSERT_EQ(::symlink(temp.write("target", "{\"format\":1,\"id\":\"x\"}").c_str(),
                        temp.file("spool/" + std::string(name)).c_str()),
              0);
    EXPECT_EQ(code_of(claim_spool(**directory, kClock)), ErrorCode::kPermission) << name;
    EXPECT_EQ(test::read_all(temp.file("target")), "{\"format\":1,\"id\":\"x\"}");
  }
}

}  // namespace
}  // namespace crawlspool::spool
