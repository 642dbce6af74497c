#include "config/print.h"

#include <gtest/gtest.h>

#include "config/keys.h"
#include "tests/config/far_from_defaults.h"
#include "tests/config/loading.h"

namespace crawlspool::config {
namespace {

using test::far_from_defaults;

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
