#include "daemon/spool/storage/posix_file_system.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "tests/support/errors.h"
#include "tests/support/temp_dir.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using test::code_of;
using test::errno_of;
using test::read_all;

constexpr OpenMode kModes[] = {OpenMode::kRead, OpenMode::kWrite, OpenMode::kCreate};

class PosixFileSystem : public ::testing::Test {
 protected:
  void SetUp() override {
    umask_before = ::umask(0);
    auto opened = open_posix_directory(temp.file("spool"), IfMissing::kCreate);
    ASSERT_TRUE(opened);
    directory = std::move(*opened);
  }
  void TearDown() override { ::umask(umask_before); }
  [[nodiscard]] std::string at(const std::string& name) const { return temp.file("spool/" + name); }
  [[nodiscard]] static unsigned mode_of(const std::string& path) {
    struct stat info {};
    return ::lstat(path.c_str(), &info) == 0 ? info.st_mode & 07777U : 0;
  }

  test::TempDir temp;
  mode_t umask_before = 0;
  std::unique_ptr<Directory> directory;
};

TEST_F(PosixFileSystem, MakesDirectories0750AndFiles0640) {
  ASSERT_TRUE(directory->open("file", OpenMode::kCreateNew));
  ASSERT_TRUE(directory->open_directory("sub"));
  ASSERT_TRUE(directory->lock("LOCK", "me\n"));
  EXPECT_EQ(mode_of(temp.file("spool")), 0750U);
  EXPECT_EQ(mode_of(at("sub")), 0750U);
  EXPECT_EQ(mode_of(at("file")), 0640U);
  EXPECT_EQ(mode_of(at("LOCK")), 0640U);
}

TEST_F(PosixFileSystem, ADirectoryForTheGroupIs2770WhateverTheUmask) {
  for (const mode_t mask : {0U, 027U, 077U}) {
    ::umask(mask);
    const std::string name = "group" + std::to_string(mask);
    ASSERT_TRUE(directory->open_directory(name, Access::kGroup));
    EXPECT_EQ(mode_of(at(name)), 02770U);
    ASSERT_TRUE(directory->open_directory(name));  // one that is there keeps what it has
    EXPECT_EQ(mode_of(at(name)), 02770U);
  }
}

TEST_F(PosixFileSystem, MakesNoMissingParentsAndNothingUnlessAsked) {
  EXPECT_FALSE(open_posix_directory(temp.file("a/b"), IfMissing::kCreate));
  EXPECT_EQ(code_of(open_posix_directory(temp.file("a"), IfMissing::kFail)), ErrorCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(temp.file("a")));
  EXPECT_TRUE(open_posix_directory(temp.file("a/"), IfMissing::kCreate));
}

TEST_F(PosixFileSystem, OpenModesMakeAndDemandAsTheySay) {
  EXPECT_EQ(code_of(directory->open("file", OpenMode::kRead)), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(directory->open("file", OpenMode::kWrite)), ErrorCode::kNotFound);
  ASSERT_TRUE(directory->open("file", OpenMode::kCreate));
  for (const OpenMode mode : kModes) EXPECT_TRUE(directory->open("file", mode));
  EXPECT_EQ(errno_of(directory->open("file", OpenMode::kCreateNew)), EEXIST);
}

TEST_F(PosixFileSystem, WritesReadsAndCutsAtOffsets) {
  const auto file = directory->open("file", OpenMode::kCreate);
  ASSERT_TRUE(file);
  const std::string_view parts[] = {"abc", "", "def"};
  EXPECT_EQ((*file)->write_at(4, parts), 6U);
  EXPECT_EQ((*file)->size(), 10U);
  std::string into(20, '?');
  EXPECT_EQ((*file)->read_at(6, into), 4U);
  EXPECT_EQ(into.substr(0, 4), "cdef");
  EXPECT_EQ((*file)->read_at(10, into), 0U);
  EXPECT_TRUE((*file)->truncate(5));
  EXPECT_TRUE((*file)->sync_data() && (*file)->sync());
  (*file)->drop_cache();
  EXPECT_EQ(read_all(at("file")), std::string("\0\0\0\0a", 5));
}

TEST_F(PosixFileSystem, PreallocationDoesNotShowInTheSize) {
  const auto file = directory->open("file", OpenMode::kCreate);
  const auto reserved = (*file)->preallocate(0, 1 << 20);
  if (!reserved && reserved.error().errno_value == EOPNOTSUPP) GTEST_SKIP() << "no fallocate on this file system";
  ASSERT_TRUE(reserved);
  EXPECT_EQ((*file)->size(), 0U);
  struct stat info {};
  ASSERT_EQ(::stat(at("file").c_str(), &info), 0);
  EXPECT_GE(info.st_blocks * 512, 1 << 20);
  ASSERT_TRUE((*file)->truncate(0));
  ASSERT_EQ(::stat(at("file").c_str(), &info), 0);
  EXPECT_LT(info.st_blocks * 512, 1 << 20);
}

TEST_F(PosixFileSystem, ALinkIsRefusedAndItsTargetUntouched) {
  static_cast<void>(temp.write("target", "precious"));
  ASSERT_EQ(::symlink(temp.file("target").c_str(), at("link").c_str()), 0);
  ASSERT_EQ(::symlink(temp.file("nowhere").c_str(), at("dangling").c_str()), 0);
  for (const std::string name : {"link", "dangling"}) {
    for (const OpenMode mode : kModes) EXPECT_EQ(code_of(directory->open(name, mode)), ErrorCode::kPermission) << name;
    EXPECT_EQ(code_of(directory->lock(name, "me\n")), ErrorCode::kPermission) << name;
    EXPECT_FALSE(directory->open_directory(name));
  }
  EXPECT_EQ(read_all(temp.file("target")), "precious");
  EXPECT_FALSE(std::filesystem::exists(temp.file("nowhere")));
}

TEST_F(PosixFileSystem, ADirectoryBehindALinkIsRefused) {
  ASSERT_EQ(::mkdir(temp.file("elsewhere").c_str(), 0700), 0);
  ASSERT_EQ(::symlink(temp.file("elsewhere").c_str(), at("rejected").c_str()), 0);
  EXPECT_FALSE(directory->open_directory("rejected"));
}

TEST_F(PosixFileSystem, AFifoAndADirectoryAreRefusedWithoutWaiting) {
  ASSERT_EQ(::mkfifo(at("fifo").c_str(), 0600), 0);
  for (const OpenMode mode : kModes) EXPECT_EQ(code_of(directory->open("fifo", mode)), ErrorCode::kPermission);
  EXPECT_FALSE(directory->lock("fifo", "me\n"));
  ASSERT_TRUE(directory->open_directory("sub"));
  EXPECT_FALSE(directory->open("sub", OpenMode::kRead));
  EXPECT_FALSE(directory->open("sub", OpenMode::kWrite));
}

TEST_F(PosixFileSystem, ListsByNameWithKinds) {
  ASSERT_TRUE(directory->open("b", OpenMode::kCreate));
  ASSERT_TRUE(directory->open_directory("a"));
  ASSERT_TRUE(directory->link_to("b", "c"));
  const auto entries = directory->list();
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 3U);
  EXPECT_EQ((*entries)[0].name, "a");
  EXPECT_EQ((*entries)[0].kind, EntryKind::kDirectory);
  EXPECT_EQ((*entries)[1].kind, EntryKind::kFile);
  EXPECT_EQ((*entries)[2].kind, EntryKind::kOther);
  EXPECT_EQ(directory->list()->size(), 3U);  // from its beginning each time
}

TEST_F(PosixFileSystem, ALinkIsReplacedInOneStep) {
  ASSERT_TRUE(directory->link_to("one", "current"));
  ASSERT_TRUE(directory->link_to("two", "current"));
  EXPECT_EQ(std::filesystem::read_symlink(at("current")), "two");
  EXPECT_EQ(directory->list()->size(), 1U);
}

TEST_F(PosixFileSystem, RenamesAndRemoves) {
  ASSERT_TRUE(directory->open("a", OpenMode::kCreate));
  ASSERT_TRUE(directory->rename("a", "b"));
  EXPECT_EQ(code_of(directory->rename("a", "b")), ErrorCode::kNotFound);
  ASSERT_TRUE(directory->remove("b"));
  EXPECT_EQ(code_of(directory->remove("b")), ErrorCode::kNotFound);
  EXPECT_TRUE(directory->sync());
}

TEST_F(PosixFileSystem, FreeBytesAreThoseForUnprivilegedWriters) {
  struct statvfs info {};
  ASSERT_EQ(::statvfs(temp.path().c_str(), &info), 0);
  const auto free_bytes = directory->free_bytes();
  ASSERT_TRUE(free_bytes);
  EXPECT_LE(*free_bytes, static_cast<std::uint64_t>(info.f_blocks) * info.f_frsize);
  EXPECT_NEAR(static_cast<double>(*free_bytes), static_cast<double>(info.f_bavail) * static_cast<double>(info.f_frsize),
              static_cast<double>(info.f_blocks) * static_cast<double>(info.f_frsize) / 20);
}

TEST_F(PosixFileSystem, ASecondLockerIsToldWhoHoldsIt) {
  ASSERT_TRUE(directory->lock("LOCK", "crawlspoold, pid 4711\n"));
  auto second = open_posix_directory(temp.file("spool"), IfMissing::kFail);
  const auto refused = (*second)->lock("LOCK", "crawlspoold, pid 4712\n");
  EXPECT_EQ(code_of(refused), ErrorCode::kLocked);
  EXPECT_NE(refused.error().context.find("in use by crawlspoold, pid 4711"), std::string::npos);
  EXPECT_EQ(read_all(at("LOCK")), "crawlspoold, pid 4711\n");
  directory.reset();
  EXPECT_TRUE((*second)->lock("LOCK", "x\n"));
  EXPECT_EQ(read_all(at("LOCK")), "x\n");
}

TEST_F(PosixFileSystem, AClaimHoldsAsLongAsTheLockHasItsNameAndTheDirectoryItsPath) {
  EXPECT_TRUE(directory->check_claim()) << "nothing was claimed";
  ASSERT_TRUE(directory->lock("LOCK", "me\n"));
  EXPECT_TRUE(directory->check_claim());
  ASSERT_EQ(::rename(at("LOCK").c_str(), at("kept").c_str()), 0);
  EXPECT_EQ(code_of(directory->check_claim()), ErrorCode::kLocked) << "removed";
  const auto other = open_posix_directory(temp.file("spool"), IfMissing::kFail);
  ASSERT_TRUE((*other)->lock("LOCK", "another\n"));
  EXPECT_EQ(code_of(directory->check_claim()), ErrorCode::kLocked) << "replaced";
  EXPECT_TRUE((*other)->check_claim());
  ASSERT_EQ(::rename(at("kept").c_str(), at("LOCK").c_str()), 0);
  EXPECT_TRUE(directory->check_claim());
  EXPECT_EQ(code_of((*other)->check_claim()), ErrorCode::kLocked);
}

TEST_F(PosixFileSystem, AClaimEndsWhereTheDirectoryIsMovedOrReplaced) {
  ASSERT_TRUE(directory->lock("LOCK", "me\n"));
  ASSERT_EQ(::rename(temp.file("spool").c_str(), temp.file("moved").c_str()), 0);
  EXPECT_EQ(code_of(directory->check_claim()), ErrorCode::kLocked) << "moved";
  ASSERT_EQ(::symlink("moved", temp.file("spool").c_str()), 0);
  EXPECT_TRUE(directory->check_claim()) << "the path may be a link";
  ASSERT_EQ(::unlink(temp.file("spool").c_str()), 0);
  ASSERT_TRUE(open_posix_directory(temp.file("spool"), IfMissing::kCreate));
  const auto claim = directory->check_claim();
  EXPECT_EQ(code_of(claim), ErrorCode::kLocked) << "replaced";
  EXPECT_NE(claim.error().message().find(temp.file("spool")), std::string::npos) << claim.error().message();
}

}  // namespace
}  // namespace crawlspool::spool
