#include "daemon/spool/control/durable_mark.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "tests/support/errors.h"
#include "tests/support/forgetful_file_system.h"
#include "tests/support/storage_calls.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using test::Call;
using test::code_of;
using test::errno_of;
using test::ForgetfulDisk;

const std::string kName(kDurableName);

TEST(DurableMark, WhatWasWrittenIsRead) {
  ForgetfulDisk disk;
  const auto directory = disk.open();
  EXPECT_EQ(read_durable(*directory), std::nullopt);
  auto mark = DurableMark::open(*directory);
  ASSERT_TRUE(mark);
  EXPECT_EQ(read_durable(*directory), std::nullopt);  // a new one says nothing, not 0
  for (const Position position : {Position{5}, Position{0}, ~Position{0}, Position{4718592}}) {
    ASSERT_TRUE(mark->write(position));
    EXPECT_EQ(read_durable(*directory), position);
    EXPECT_EQ(disk.content(kName), position_digits(position));
  }
}

TEST(DurableMark, AnythingOtherThanTwentyDigitsSaysNothing) {
  for (const std::string text :
       {"", "0", "0000000000000000010", "000000000000000000010", "00000000000000000010\n", " 0000000000000000010",
        "0000000000000000001x", "-0000000000000000010", "99999999999999999999", "0x000000000000000010"}) {
    ForgetfulDisk disk;
    disk.put(kName, text);
    EXPECT_EQ(read_durable(*disk.open()), std::nullopt) << text;
  }
  ForgetfulDisk disk;
  disk.put(kName, std::string(20, '\0'));
  EXPECT_EQ(read_durable(*disk.open()), std::nullopt);
}

TEST(DurableMark, AFileOfAnyLengthIsBroughtToItsOwn) {
  for (const std::size_t bytes : {0U, 1U, 19U, 20U, 21U, 4097U}) {
    ForgetfulDisk disk;
    disk.put(kName, std::string(bytes, '9'));
    auto mark = DurableMark::open(*disk.open());
    ASSERT_TRUE(mark && mark->write(42));
    EXPECT_EQ(disk.content(kName), position_digits(42)) << bytes;
  }
}

TEST(DurableMark, ALinkIsTakenOutOfTheWayAndNotRead) {
  ForgetfulDisk disk;
  disk.put("elsewhere", position_digits(9));
  const auto directory = disk.open();
  ASSERT_TRUE(directory->link_to("elsewhere", kName));
  EXPECT_EQ(read_durable(*directory), std::nullopt);
  auto mark = DurableMark::open(*directory);
  ASSERT_TRUE(mark && mark->write(42));
  EXPECT_EQ(disk.content(kName), position_digits(42));
  EXPECT_EQ(disk.content("elsewhere"), position_digits(9));
}

TEST(DurableMark, AWriteIsOneCallAndNoSync) {
  ForgetfulDisk disk;
  auto mark = DurableMark::open(*disk.open());
  ASSERT_TRUE(mark);
  disk.forget_calls();
  ASSERT_TRUE(mark->write(42));
  EXPECT_EQ(changes_of(disk), (std::vector<test::CallOn>{{Call::kWrite, kName}}));
  disk.forget_calls();
  ASSERT_TRUE(mark->sync());
  EXPECT_EQ(changes_of(disk), (std::vector<test::CallOn>{{Call::kSyncData, kName}}));
}

TEST(DurableMark, AfterACrashItIsTheOldOneOrTheNewOne) {
  for (const bool arrives : {false, true}) {
    ForgetfulDisk disk;
    disk.put(kName, position_digits(199));
    auto mark = DurableMark::open(*disk.open());
    ASSERT_TRUE(mark && mark->write(200));
    disk.crash([&] { return arrives; });
    EXPECT_EQ(read_durable(*disk.open()), arrives ? 200U : 199U);
  }
}

TEST(DurableMark, ErrorsAreHandedOut) {
  ForgetfulDisk disk;
  disk.fail({Call::kCreate, ENOSPC, kName});
  EXPECT_EQ(code_of(DurableMark::open(*disk.open())), ErrorCode::kDiskFull);
  disk.fail({Call::kTruncate, EIO, kName});
  EXPECT_EQ(errno_of(DurableMark::open(*disk.open())), EIO);
  auto mark = DurableMark::open(*disk.open());
  ASSERT_TRUE(mark);
  disk.fail({Call::kWrite, EIO, kName});
  EXPECT_EQ(errno_of(mark->write(1)), EIO);
  disk.fail({Call::kSyncData, EIO, kName});
  EXPECT_EQ(errno_of(mark->sync()), EIO);
}

}  // namespace
}  // namespace crawlspool::spool
