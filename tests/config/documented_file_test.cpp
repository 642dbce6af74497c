// config/crawlspoold.yaml is what people read first: it must be true.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "config/document.h"
#include "config/keys.h"
#include "config/print.h"
#include "tests/config/loading.h"
#include "tests/support/temp_dir.h"

namespace crawlspool::config {
namespace {

std::string documented() { return crawlspool::test::read_all(CRAWLSPOOL_CONFIG_FILE); }

TEST(DocumentedFile, LoadsAsTheDefaults) {
  const auto config = load(CRAWLSPOOL_CONFIG_FILE, {});
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(print_config(*config), print_config(Config{}));
}

TEST(DocumentedFile, HasEveryKeyInTheTablesOrder) {
  std::vector<std::string> found;
  for (const Setting& setting : read_document(documented()).settings) found.push_back(setting.key);
  const auto names = key_names();
  EXPECT_EQ(found, std::vector<std::string>(names.begin(), names.end()));
}

TEST(DocumentedFile, ShowsTheValuesAsPrintConfigDoes) {
  std::map<std::string, std::string> shown;
  for (const Setting& setting : read_document(documented()).settings) shown[setting.key] = setting.value.text;
  for (const Key& key : keys()) {
    const std::string printed = key.kind.print(Config{});
    // What is no bare word is compared by LoadsAsTheDefaults.
    if (printed.starts_with('[') || printed.starts_with('{') || printed == "\"\"") continue;
    EXPECT_EQ(shown[std::string(key.name)], key.kind.print(Config{})) << key.name;
  }
}

// The paragraph on HUP has them in the order of the table.
TEST(DocumentedFile, NamesEveryKeyThatNeedsARestart) {
  std::string named;
  for (const Key& key : keys()) {
    if (!key.needs_restart) continue;
    const bool is_whole_section = std::all_of(keys().begin(), keys().end(), [&key](const Key& other) {
      return other.section() != key.section() || (other.needs_restart && !other.section().empty());
    });
    const std::string name = is_whole_section ? std::string(key.section()) + ".*" : std::string(key.name);
    if (!test::has(named, name)) named += (named.empty() ? "" : ", ") + name;
  }
  named.replace(named.rfind(", "), 2, " and ");
  std::string text = documented();
  for (std::size_t at = 0; (at = text.find("\n# ", at)) != std::string::npos;) text.replace(at, 3, " ");
  EXPECT_TRUE(test::has(text, "needs a restart: " + named + ".")) << named;
}

TEST(DocumentedFile, ExplainsWhatIsNotThereYet) {
  const std::string text = documented();
  for (const Key& key : keys()) {
    Config config;
    const Problem problem = key.kind.parse({Value::Shape::kText, "?", {}}, config);
    if (!problem || !test::has(*problem, "not there yet")) continue;
    // The paragraph above the key says so, too.
    const std::size_t line = text.find("\n  " + std::string(key.leaf()) + ": ");
    const std::size_t paragraph = text.rfind("\n\n", line);
    EXPECT_TRUE(test::has(text.substr(paragraph, line - paragraph), "Not there yet")) << key.name;
  }
}

}  // namespace
}  // namespace crawlspool::config
