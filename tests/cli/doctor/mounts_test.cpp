#include <gtest/gtest.h>

#include <filesystem>
#include <regex>

#include "cli/doctor/checks.h"
#include "tests/support/temp_dir.h"

namespace crawlspool::cli {
namespace {

// HOME stands for a test's own directory.
constexpr std::string_view kMounts =
    "22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro\n"
    "30 22 0:27 / HOME/spool rw,nosuid - tmpfs tmpfs rw,size=1024k\n"
    "31 30 8:1 / HOME/spool/crawlspool ro,noatime shared:4 master:2 - xfs /dev/sda1 rw,nobarrier\n"
    "32 22 8:2 / HOME/with\\040space rw - btrfs /dev/sda2 rw\n"
    "33 22 8:3 / HOME/with\\040space rw - ext4 /dev/sda3 rw\n"
    "broken line\n";

// The directories that the mounts cover, which have to be there.
class Mounts : public ::testing::Test {
 protected:
  Mounts() {
    for (const char* name : {"spool/other", "spool/crawlspool/rejected", "spoolish", "with space/x"})
      std::filesystem::create_directories(home.path() / name);
  }

  [[nodiscard]] std::optional<Mount> find(const std::string& path, std::string_view mounts = kMounts) const {
    const std::string text = std::regex_replace(std::string(mounts), std::regex("HOME"), home.path().string());
    return find_mount(home.write("mountinfo", text), path);
  }
  [[nodiscard]] std::string type_of(const std::string& path) const {
    const auto mount = find(path);
    return mount ? mount->type : "none";
  }

  test::TempDir home;
};

TEST_F(Mounts, TheDeepestPlaceThatHoldsThePathCounts) {
  EXPECT_EQ(type_of("/"), "ext4");
  EXPECT_EQ(type_of(home.file("spool")), "tmpfs");
  EXPECT_EQ(type_of(home.file("spool/other")), "tmpfs");
  EXPECT_EQ(type_of(home.file("spool/crawlspool/rejected")), "xfs");
}

TEST_F(Mounts, APlaceHoldsWholeNamesOnly) { EXPECT_EQ(type_of(home.file("spoolish")), "ext4"); }

TEST_F(Mounts, WhatIsMountedLastAtAPlaceCoversWhatWasBefore) { EXPECT_EQ(type_of(home.file("with space/x")), "ext4"); }

TEST_F(Mounts, OptionsAreThoseOfTheMountAndOfTheFileSystem) {
  const auto mount = find(home.file("spool/crawlspool"));
  ASSERT_TRUE(mount);
  EXPECT_EQ(mount->place, home.file("spool/crawlspool"));
  EXPECT_TRUE(mount->has_option("ro"));
  EXPECT_TRUE(mount->has_option("nobarrier"));
  EXPECT_FALSE(mount->has_option("barrier"));
  EXPECT_FALSE(find("/")->has_option("ro"));
}

TEST_F(Mounts, WithoutAnyNothingIsFound) {
  EXPECT_FALSE(find("/", ""));
  EXPECT_FALSE(find_mount(home.file("missing"), "/"));
}

TEST_F(Mounts, WhereThereIsNoMountPointTheFileSystemIsAsked) {
  EXPECT_FALSE(find(home.path(), "36 35 98:0 / /mnt rw - ext4 /dev/sda rw\n"));
  const auto proc = ask_mount("/proc");
  ASSERT_TRUE(proc);
  EXPECT_EQ(proc->type, "type 0x9fa0");
  const auto root = ask_mount("/");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->place, "");
  EXPECT_TRUE(root->has_option("rw") || root->has_option("ro"));
  EXPECT_FALSE(ask_mount("/no/such/directory"));
}

}  // namespace
}  // namespace crawlspool::cli
