// The log as the daemon uses it, into a file.
#include "daemon/base/log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "tests/support/temp_dir.h"

namespace crawlspool::base {
namespace {

using crawlspool::test::read_all;
using crawlspool::test::TempDir;

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

class Log : public ::testing::Test {
 protected:
  void TearDown() override { stop_log(); }

  void start(LogLevel level = LogLevel::kInfo, LogFormat format = LogFormat::kLogfmt) {
    ASSERT_TRUE(start_log({level, format, path}));
  }
  [[nodiscard]] std::string text() const { return read_all(path); }
  [[nodiscard]] std::string text_after_stop() const {
    stop_log();
    return text();
  }
  // Lets the log's thread work until `part` is in the file.
  void wait_for(std::string_view part) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!has(text(), part) && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    ASSERT_TRUE(has(text(), part));
  }

  TempDir dir;
  std::string path = dir.file("daemon.log");
};

TEST_F(Log, StopWritesOutWhatIsQueued) {
  start();
  for (int i = 0; i < 100; ++i) log_info("tick", {{"i", i}});
  const std::string all = text_after_stop();
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 100);
  EXPECT_TRUE(has(all, "level=info event=tick i=99\n"));
}

TEST_F(Log, LinesBelowTheLevelAreNotLogged) {
  start(LogLevel::kWarn);
  log_debug("a");
  log_info("b");
  log_warn("c");
  log_error("d");
  const std::string all = text_after_stop();
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 2);
  EXPECT_TRUE(has(all, "level=warn event=c\n"));
  EXPECT_TRUE(has(all, "level=error event=d\n"));
}

TEST_F(Log, JsonIsOneObjectALine) {
  start(LogLevel::kDebug, LogFormat::kJson);
  log_debug("conn_open", {{"conn", 1}});
  const std::string all = text_after_stop();
  EXPECT_TRUE(all.starts_with("{\"ts\":\""));
  EXPECT_TRUE(all.ends_with(",\"level\":\"debug\",\"event\":\"conn_open\",\"conn\":1}\n"));
}

TEST_F(Log, BracesInValuesAreNoFormat) {
  start();
  log_info("e", {{"k", "{}{0}%s"}});
  EXPECT_TRUE(has(text_after_stop(), "k={}{0}%s\n"));
}

TEST_F(Log, FileIsAppendedToAndNotReadableByOthers) {
  start();
  log_info("first");
  stop_log();
  start();
  log_info("second");
  const std::string all = text_after_stop();
  EXPECT_LT(all.find("event=first"), all.find("event=second"));
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0007U, 0U);
}

TEST_F(Log, ReopenGoesOnInAFreshFile) {
  start();
  log_info("before");
  wait_for("event=before\n");
  std::filesystem::rename(path, path + ".1");
  reopen_log_files();
  log_info("after");
  const std::string fresh = text_after_stop();
  EXPECT_TRUE(has(fresh, "event=after\n"));
  EXPECT_FALSE(has(fresh, "event=before"));
  EXPECT_FALSE(has(read_all(path + ".1"), "event=after"));
}

TEST_F(Log, ReopenThatFailsStaysWithTheOldFile) {
  const std::string sub = dir.file("sub");
  std::filesystem::create_directory(sub);
  path = sub + "/daemon.log";
  start();
  log_info("before");
  wait_for("event=before\n");
  std::filesystem::rename(sub, sub + ".1");  // the path leads nowhere now
  reopen_log_files();
  log_info("after");
  stop_log();
  EXPECT_TRUE(has(read_all(sub + ".1/daemon.log"), "event=after\n"));
}

TEST_F(Log, DestinationThatCannotBeOpenedIsAnError) {
  const auto started = start_log({LogLevel::kInfo, LogFormat::kLogfmt, dir.file("no/such/dir.log")});
  ASSERT_FALSE(started);
  EXPECT_TRUE(has(started.error().message(), "log.destination: cannot open "));
}

TEST_F(Log, WithoutStartEventsAreDropped) {
  log_info("nobody");
  reopen_log_files();
  stop_log();
  EXPECT_EQ(log_lines_dropped(), 0U);
}

TEST_F(Log, ABurstOfLimitedLinesPassesAndTheRestIsToldAfterwards) {
  start();
  for (int i = 0; i < 50; ++i) log_warn_limited("loud", {{"i", i}});
  log_warn_limited("rare");
  log_suppressed();
  log_suppressed();
  const std::string all = text_after_stop();
  EXPECT_TRUE(has(all, "event=loud i=19\n"));
  EXPECT_FALSE(has(all, "event=loud i=20\n"));
  EXPECT_TRUE(has(all, "event=rare\n"));
  EXPECT_TRUE(has(all, "level=warn event=log_suppressed word=loud suppressed=30\n"));
  EXPECT_EQ(all.find("log_suppressed"), all.rfind("log_suppressed"));
}

}  // namespace
}  // namespace crawlspool::base
