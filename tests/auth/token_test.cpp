#include "daemon/auth/token.h"

#include <gtest/gtest.h>

#include <set>

namespace crawlspool::auth {
namespace {

TEST(Token, IsThePrefixAnd32BytesInBase64url) {
  const auto token = new_token();
  ASSERT_TRUE(token);
  EXPECT_EQ(token->substr(0, 3), "cs_");
  EXPECT_EQ(token->size(), 3U + 43U);
  EXPECT_EQ(token->find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"),
            std::string::npos);
}

TEST(Token, IsAnotherEachTime) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(new_token().value());
  EXPECT_EQ(seen.size(), 100U);
}

// As `printf %s cs_abc | sha256sum` has it.
TEST(TokenHash, IsTheSha256OfTheTokensBytes) {
  EXPECT_EQ(hash_digits(hash_token("cs_abc")), "5194b158cd585be3d960f2998c3fd5b2b2c003bdd09661b7a71e104d81278149");
}

TEST(TokenHash, IsReadFromItsDigitsInBothCases) {
  const TokenHash hash = hash_token("cs_abc");
  std::string digits = hash_digits(hash);
  EXPECT_EQ(parse_hash(digits), hash);
  for (char& c : digits)
    if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
  EXPECT_EQ(parse_hash(digits), hash);
}

TEST(TokenHash, IsNotReadFromAnythingElse) {
  const std::string digits = hash_digits(hash_token("cs_abc"));
  EXPECT_FALSE(parse_hash(""));
  EXPECT_FALSE(parse_hash(digits.substr(1)));
  EXPECT_FALSE(parse_hash(digits + "0"));
  EXPECT_FALSE(parse_hash("g" + digits.substr(1)));
}

TEST(TokenName, IsAWordWithoutSpacesQuotesOrControls) {
  for (const char* const name : {"spider-7", "a", "News.Crawler_2"}) EXPECT_TRUE(is_token_name(name)) << name;
  for (const char* const name : {"", "a b", "a\"b", "a\n", "ä", "a/b"}) EXPECT_FALSE(is_token_name(name)) << name;
  EXPECT_TRUE(is_token_name(std::string(64, 'a')));
  EXPECT_FALSE(is_token_name(std::string(65, 'a')));
}

}  // namespace
}  // namespace crawlspool::auth
