#include "daemon/auth/token_store.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace crawlspool::auth {
namespace {

class TokenStoreTest : public ::testing::Test {
 protected:
  TokenStoreTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tokens-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    file = folder / "tokens.yaml";
  }
  ~TokenStoreTest() override { std::filesystem::remove_all(folder); }

  void write(const std::string& text) const { std::ofstream(file) << text; }
  void write_token(const std::string& secret) const {
    write("- {name: " + secret + ", sha256: " + hash_digits(hash_token(secret)) + "}\n");
  }

  std::filesystem::path folder;
  std::filesystem::path file;
};

TEST_F(TokenStoreTest, TakesAChangedFileWhole) {
  write_token("first");
  TokenStore store(file);
  ASSERT_TRUE(store.load());
  const auto old = store.table();
  write_token("the-second");
  ASSERT_TRUE(store.refresh(TokenStore::kLookEveryMs));
  EXPECT_EQ(store.table()->find("first", 0), nullptr);
  EXPECT_NE(store.table()->find("the-second", 0), nullptr);
  EXPECT_NE(old->find("first", 0), nullptr) << "who holds the old table may go on reading it";
}

TEST_F(TokenStoreTest, LooksEveryTenSecondsAtMost) {
  write_token("first");
  TokenStore store(file);
  ASSERT_TRUE(store.load());
  ASSERT_TRUE(store.refresh(20'000));
  write_token("the-second");
  ASSERT_TRUE(store.refresh(29'999));
  EXPECT_NE(store.table()->find("first", 0), nullptr);
  ASSERT_TRUE(store.refresh(30'000));
  EXPECT_EQ(store.table()->find("first", 0), nullptr);
}

TEST_F(TokenStoreTest, KeepsTheOldTableBesideABadFileAndSaysItOnce) {
  write_token("first");
  TokenStore store(file);
  ASSERT_TRUE(store.load());
  write("- {name: broken}\n");
  EXPECT_FALSE(store.refresh(20'000));
  EXPECT_NE(store.table()->find("first", 0), nullptr);
  EXPECT_TRUE(store.refresh(30'000)) << "it has not changed since";
  std::filesystem::remove(file);
  EXPECT_FALSE(store.refresh(40'000));
  EXPECT_NE(store.table()->find("first", 0), nullptr);
}

}  // namespace
}  // namespace crawlspool::auth
