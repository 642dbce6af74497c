#include "daemon/admin/page_files.h"

#include <gtest/gtest.h>

#include <numeric>
#include <regex>
#include <set>
#include <string>

namespace crawlspool::admin {
namespace {

constexpr std::size_t kBytesMax = 350 * 1024;

TEST(PageFiles, StayWithinTheirSize) {
  const auto files = page_files();
  const std::size_t bytes =
      std::accumulate(files.begin(), files.end(), std::size_t{0},
                      [](std::size_t sum, const auto& file) { return sum + file.content.size(); });
  EXPECT_LE(bytes, kBytesMax);
}

TEST(PageFiles, EachHasItsOwnPathAndTag) {
  std::set<std::string_view> paths;
  std::set<std::string_view> tags;
  for (const PageFile& file : page_files()) {
    EXPECT_TRUE(paths.insert(file.path).second) << file.path;
    EXPECT_TRUE(tags.insert(file.etag).second) << file.path;
    EXPECT_EQ(find_page_file(file.path), &file);
  }
  EXPECT_EQ(find_page_file("/page/"), nullptr);
  EXPECT_EQ(find_page_file("/page/other.js"), nullptr);
}

// What the page loads is there, and comes from nowhere else.
TEST(PageFiles, WhatTheyNameIsAmongThem) {
  const std::regex reference(R"re((?:src|href)="(/page/[^"]+)"|from "\./([^"]+)")re");
  std::set<std::string> named;
  for (const PageFile& file : page_files()) {
    const std::string content(file.content);
    for (std::sregex_iterator match(content.begin(), content.end(), reference), end; match != end; ++match)
      named.insert((*match)[1].matched ? (*match)[1].str() : "/page/" + (*match)[2].str());
  }
  EXPECT_EQ(named.size(), page_files().size() - 1);  // nothing names the page itself
  for (const std::string& path : named) EXPECT_NE(find_page_file(path), nullptr) << path;
}

TEST(PageFiles, TheLibraryComesWithItsLicence) {
  const PageFile* const library = find_page_file("/page/chart.min.js");
  ASSERT_NE(library, nullptr);
  EXPECT_NE(library->content.find("Released under the MIT License"), std::string_view::npos);
}

}  // namespace
}  // namespace crawlspool::admin
