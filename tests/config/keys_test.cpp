#include "config/keys.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/config/loading.h"

namespace crawlspool::config {
namespace {

TEST(Keys, NamesAreUniqueAndSectionsTogether) {
  const auto names = key_names();
  EXPECT_EQ(std::set<std::string_view>(names.begin(), names.end()).size(), names.size());
  const auto sections = section_names();
  EXPECT_EQ(std::set<std::string_view>(sections.begin(), sections.end()).size(), sections.size());
}

TEST(Keys, NameIsSectionAndLeaf) {
  EXPECT_EQ(find_key("spool.sync")->section(), "spool");
  EXPECT_EQ(find_key("spool.sync")->leaf(), "sync");
  EXPECT_EQ(find_key("io_threads")->section(), "");
  EXPECT_EQ(find_key("io_threads")->leaf(), "io_threads");
}

TEST(Keys, NoKeyIsASection) {
  for (const Key& key : keys()) EXPECT_FALSE(is_section(key.name));
  EXPECT_FALSE(is_section(""));
  EXPECT_EQ(find_key("spool"), nullptr);
}

TEST(Keys, EveryKeyRefusesNothingAndMapsAndNamesItself) {
  for (const Key& key : keys()) {
    for (const char* value : {"", "~", "{a: 1}", "[[1]]", "\"\\0\""}) {
      const std::string errors = test::errors_of("", {std::string(key.name) + "=" + value});
      EXPECT_TRUE(test::has(errors, std::string(key.name) + ": ")) << key.name << " took " << value;
    }
  }
}

TEST(Keys, EveryPrintedDefaultIsTakenBack) {
  for (const Key& key : keys()) {
    const std::string override_text = std::string(key.name) + "=" + key.kind.print(Config{});
    EXPECT_EQ(test::errors_of("", {override_text}), "");
  }
}

}  // namespace
}  // namespace crawlspool::config
