#include "config/print.h"

#include <gtest/gtest.h>

#include "config/keys.h"
#include "tests/config/loading.h"

namespace crawlspool::config {
namespace {

Config far_from_defaults() {
  Config config;
  config.listen.stream = {"tcp://0.0.0.0:1", "tcp://[::]:2"};
  config.listen.http = {};
  config.listen.admin = {};
  config.limits = {0, 0, 3, 1, kFrameBytesMax, 1'000'000, 1000, 3 * kTiB};
  config.timeouts = {0, 1, 90'000, 86'400'000};
  config.spool.directory = "/srv/a b: \"c\" #d \\ é";
  config.spool.sync = SyncPolicy::kInterval;
  config.spool.sync_interval_ms = 1500;
  config.spool.keep_free_bytes = 0;
  config.spool.rejected_bytes_max = 12345;
  config.spool.sessions_max = 7;
  config.spool.session_age_ms_max = 0;
  config.log = {base::LogLevel::kDebug, base::LogFormat::kJson, "./a log"};
  config.io_threads = 64;
  return config;
}

TEST(Print, EveryKeyIsPrintedOnce) {
  const std::string text = print_config(Config{});
  for (const Key& key : keys()) {
    const std::string line = "\n" + std::string(key.section().empty() ? "" : "  ") + std::string(key.leaf()) + ": ";
    EXPECT_NE(text.find(line), std::string::npos) << key.name;
  }
  EXPECT_EQ(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')),
            keys().size() + section_names().size());
}

TEST(Print, DefaultsLoadAgain) {
  const std::string text = print_config(Config{});
  EXPECT_EQ(test::errors_of(text), "");
  EXPECT_EQ(print_config(load_text("f.yaml", text, {}).value()), text);
}

TEST(Print, EveryChangedValueLoadsAgain) {
  const std::string text = print_config(far_from_defaults());
  ASSERT_EQ(test::errors_of(text), "");
  const Config again = load_text("f.yaml", text, {}).value();
  EXPECT_EQ(print_config(again), text);
  EXPECT_EQ(again.spool.directory, far_from_defaults().spool.directory);
  EXPECT_EQ(again.log.destination, "./a log");
}

TEST(Print, WordsThatYamlWouldMisreadAreQuoted) {
  for (const char* directory : {"null", "~", "- a", "{a", "#a", "a: b", "/a: b", "/a #b", "true", " a", "\"", "*a"}) {
    Config config;
    config.spool.directory = directory;
    const auto again = load_text("f.yaml", print_config(config), {});
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(again->spool.directory, directory);
  }
}

}  // namespace
}  // namespace crawlspool::config
