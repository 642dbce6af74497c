#include "cli/bench/scratch_directory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <utility>

#include "tests/support/temp_dir.h"

namespace crawlspool::bench {
namespace {

TEST(ScratchDirectory, IsRemovedWithAllThatIsInIt) {
  const test::TempDir parent;
  std::string path;
  {
    auto made = ScratchDirectory::make(parent.path().string());
    ASSERT_TRUE(made);
    const ScratchDirectory directory = std::move(*made);
    path = directory.path();
    std::filesystem::create_directory(directory.file("below"));
    std::ofstream(directory.file("below/file")) << "x";
    EXPECT_TRUE(std::filesystem::exists(directory.file("below/file")));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ScratchDirectory, WhereNoneCanBeMadeTheParentIsNamed) {
  const auto made = ScratchDirectory::make("/nonexistent");
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message().find("/nonexistent: No such file"), std::string::npos);
}

}  // namespace
}  // namespace crawlspool::bench
