#include "cli/doctor/mounts.h"

#include <gtest/gtest.h>

namespace crawlspool::cli {
namespace {

constexpr const char* kMounts =
    "22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro\n"
    "30 22 0:27 / /var/spool rw,nosuid - tmpfs tmpfs rw,size=1024k\n"
    "31 30 8:1 / /var/spool/crawlspool ro,noatime shared:4 master:2 - xfs /dev/sda1 rw,nobarrier\n"
    "32 22 8:2 / /mnt/with\\040space rw - btrfs /dev/sda2 rw\n"
    "33 22 8:3 / /mnt/with\\040space rw - ext4 /dev/sda3 rw\n"
    "broken line\n";

std::string type_of(const std::string& path) {
  const auto mount = find_mount(kMounts, path);
  return mount ? mount->type : "none";
}

TEST(Mounts, TheDeepestPlaceThatHoldsThePathCounts) {
  EXPECT_EQ(type_of("/"), "ext4");
  EXPECT_EQ(type_of("/var/spool"), "tmpfs");
  EXPECT_EQ(type_of("/var/spool/other"), "tmpfs");
  EXPECT_EQ(type_of("/var/spool/crawlspool/rejected"), "xfs");
}

TEST(Mounts, APlaceHoldsWholeNamesOnly) { EXPECT_EQ(type_of("/var/spoolish"), "ext4"); }

TEST(Mounts, WhatIsMountedLastAtAPlaceCoversWhatWasBefore) { EXPECT_EQ(type_of("/mnt/with space/x"), "ext4"); }

TEST(Mounts, OptionsAreThoseOfTheMountAndOfTheFileSystem) {
  const auto mount = find_mount(kMounts, "/var/spool/crawlspool");
  ASSERT_TRUE(mount);
  EXPECT_TRUE(mount->has_option("ro"));
  EXPECT_TRUE(mount->has_option("nobarrier"));
  EXPECT_FALSE(mount->has_option("barrier"));
  EXPECT_FALSE(find_mount(kMounts, "/")->has_option("ro"));
}

TEST(Mounts, WithoutAnyNothingIsFound) { EXPECT_FALSE(find_mount("", "/")); }

TEST(Mounts, WhereThereIsNoMountPointTheFileSystemIsAsked) {
  EXPECT_FALSE(find_mount("36 35 98:0 / /mnt rw - ext4 /dev/sda rw\n", "/elsewhere"));
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
