#include "daemon/base/error.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace crawlspool::base {
namespace {

TEST(Error, MessageHasContextAndReason) {
  EXPECT_EQ(fail(ErrorCode::kUsage, "no such option").value().message(), "no such option");
  EXPECT_EQ(fail_errno("cannot open /x", ENOENT).value().message(), "cannot open /x: No such file or directory");
}

TEST(Error, ErrnoDecidesTheCode) {
  EXPECT_EQ(fail_errno("", EACCES).value().code, ErrorCode::kPermission);
  EXPECT_EQ(fail_errno("", EPERM).value().code, ErrorCode::kPermission);
  EXPECT_EQ(fail_errno("", ENOSPC).value().code, ErrorCode::kDiskFull);
  EXPECT_EQ(fail_errno("", EDQUOT).value().code, ErrorCode::kDiskFull);
  EXPECT_EQ(fail_errno("", EMFILE).value().code, ErrorCode::kExhausted);
  EXPECT_EQ(fail_errno("", ENFILE).value().code, ErrorCode::kExhausted);
  EXPECT_EQ(fail_errno("", ENOENT).value().code, ErrorCode::kNotFound);
  EXPECT_EQ(fail_errno("", EIO).value().code, ErrorCode::kIo);
}

TEST(Error, WhatMayPassIsAFullDiskOrNoDescriptor) {
  EXPECT_TRUE(may_pass(fail_errno("", ENOSPC).value()));
  EXPECT_TRUE(may_pass(fail_errno("", EMFILE).value()));
  EXPECT_FALSE(may_pass(fail_errno("", EIO).value()));
}

TEST(Error, ExitCodesAreThoseOfSysexits) {
  EXPECT_EQ(daemon_exit_code(ErrorCode::kUsage), 64);
  EXPECT_EQ(daemon_exit_code(ErrorCode::kConfig), 78);
  EXPECT_EQ(daemon_exit_code(ErrorCode::kLocked), 75);
  EXPECT_EQ(daemon_exit_code(ErrorCode::kPermission), 77);
  for (const ErrorCode code :
       {ErrorCode::kIo, ErrorCode::kDiskFull, ErrorCode::kExhausted, ErrorCode::kNotFound, ErrorCode::kDamaged})
    EXPECT_EQ(daemon_exit_code(code), 74);
}

}  // namespace
}  // namespace crawlspool::base
