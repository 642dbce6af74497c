#include "cli/bench/own_process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include "tests/support/temp_dir.h"

namespace crawlspool::bench {
namespace {

constexpr int kPatienceMs = 20'000;

class ChildProcessTest : public ::testing::Test {
 protected:
  ChildProcess started(const std::vector<std::string>& argv) {
    auto child = ChildProcess::start(argv, output);
    EXPECT_TRUE(child);
    return std::move(*child);
  }

  test::TempDir temp;
  const std::string output = temp.file("output");
};

TEST_F(ChildProcessTest, ItsOutputGoesToTheFile) {
  ChildProcess child = started({"sh", "-c", "echo one; echo two >&2"});
  EXPECT_TRUE(child.wait(kPatienceMs));
  EXPECT_FALSE(child.is_running());
  EXPECT_EQ(test::read_all(output), "one\ntwo\n");
}

TEST_F(ChildProcessTest, ABadEndNamesTheProgramAndItsLastWords) {
  ChildProcess child = started({"sh", "-c", "echo first; echo no good; exit 3"});
  const auto waited = child.wait(kPatienceMs);
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().message(), "sh ended with 3: no good");
}

TEST_F(ChildProcessTest, AProgramThatIsNotThereIsNamed) {
  ChildProcess child = started({"/nonexistent/program"});
  const auto waited = child.wait(kPatienceMs);
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().message(), "/nonexistent/program cannot be run");
}

TEST_F(ChildProcessTest, IsStoppedByTerm) {
  ChildProcess child = started({"sh", "-c", "trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done"});
  while (test::read_all(output).empty()) ASSERT_TRUE(child.is_running());
  EXPECT_TRUE(child.stop(kPatienceMs));
}

TEST_F(ChildProcessTest, IsGoneWithItsOwner) {
  pid_t pid = 0;
  {
    const ChildProcess child = started({"sleep", "1000"});
    pid = child.pid();
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_EQ(::kill(pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST_F(ChildProcessTest, ItsProcessorTimeGrows) {
  const ChildProcess child = started({"sh", "-c", "while :; do :; done"});
  const auto before = process_cpu_seconds(child.pid());
  ASSERT_TRUE(before);
  while (process_cpu_seconds(child.pid()).value() < *before + 0.01) continue;
  EXPECT_FALSE(process_cpu_seconds(-5));
}

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
