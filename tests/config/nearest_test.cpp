#include "config/nearest.h"

#include <gtest/gtest.h>

#include "config/keys.h"

namespace crawlspool::config {
namespace {

TEST(Nearest, EachKeyIsNearestToItself) {
  for (const auto name : key_names()) EXPECT_EQ(nearest(name, key_names()), name);
}

TEST(Nearest, SlipsOfTheFingerAreFound) {
  EXPECT_EQ(nearest("limits.conections_max", key_names()), "limits.connections_max");
  EXPECT_EQ(nearest("limits.connections_per_ipmax", key_names()), "limits.connections_per_ip_max");
  EXPECT_EQ(nearest("spool.dirctory", key_names()), "spool.directory");
  EXPECT_EQ(nearest("io_thread", key_names()), "io_threads");
  EXPECT_EQ(nearest("limit", section_names()), "limits");
}

TEST(Nearest, KeyInTheWrongSectionIsFound) {
  EXPECT_EQ(nearest("limits.idle", key_names()), "timeouts.idle");
  EXPECT_EQ(nearest("directory", key_names()), "spool.directory");
}

TEST(Nearest, LongAndEmptyNamesAreAnswered) {
  EXPECT_FALSE(nearest("", key_names()).empty());
  EXPECT_FALSE(nearest(std::string(1'000'000, '.'), key_names()).empty());
}

TEST(Nearest, OnlyWhatIsNearIsSuggested) {
  const std::vector<std::string_view> words{"send", "cat", "tail", "status"};
  EXPECT_EQ(suggestion("sned", words), "send");
  EXPECT_EQ(suggestion("stauts", words), "status");
  EXPECT_EQ(suggestion("tial", words), "tail");
  EXPECT_EQ(suggestion("sta", words), "status");
  EXPECT_EQ(suggestion("xyz", words), std::nullopt);
  EXPECT_EQ(suggestion("nonsense", words), std::nullopt);
  EXPECT_EQ(suggestion("", words), std::nullopt);
  EXPECT_EQ(suggestion("send", {}), std::nullopt);
  EXPECT_EQ(suggestion(std::string(1'000'000, 's'), words), std::nullopt);
}

}  // namespace
}  // namespace crawlspool::config
