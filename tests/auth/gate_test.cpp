#include "daemon/auth/gate.h"

#include <gtest/gtest.h>

namespace crawlspool::auth {
namespace {

constexpr std::int64_t kNow = 1'000'000;

Token make(const std::string& secret, const std::string& name) {
  Token token;
  token.name = name;
  token.hash = hash_token(secret);
  return token;
}

TEST(TokenTable, FindsEachTokenAndNoOther) {
  for (int size = 0; size < 40; ++size) {
    std::vector<Token> tokens;
    tokens.reserve(static_cast<std::size_t>(size));
    for (int i = 0; i < size; ++i) tokens.push_back(make("secret" + std::to_string(i), "name" + std::to_string(i)));
    const TokenTable table(tokens);
    EXPECT_EQ(table.size(), static_cast<std::size_t>(size));
    for (int i = 0; i < 40; ++i) {
      const Token* const found = table.find("secret" + std::to_string(i), kNow);
      ASSERT_EQ(found != nullptr, i < size) << i << " of " << size;
      if (found != nullptr) {
        EXPECT_EQ(found->name, "name" + std::to_string(i));
      }
    }
    EXPECT_EQ(table.find("", kNow), nullptr);
  }
}

TEST(TokenTable, TakesSeveralTokensOfOneName) {
  const TokenTable table({make("old", "spider"), make("new", "spider")});
  EXPECT_EQ(table.find("old", kNow)->name, "spider");
  EXPECT_EQ(table.find("new", kNow)->name, "spider");
  EXPECT_EQ(table.names(), std::vector<std::string>{"spider"});
}

TEST(TokenTable, TakesATokenUntilItsLastMoment) {
  Token token = make("secret", "spider");
  token.not_after_us = kNow;
  const TokenTable table({token});
  EXPECT_NE(table.find("secret", kNow), nullptr);
  EXPECT_EQ(table.find("secret", kNow + 1), nullptr);
}

TEST(Gate, NamesTheTokenAndTheStreamThatItMayNotWrite) {
  Token token = make("secret", "spider-7");
  token.streams = {"quotes", "news/*"};
  EXPECT_FALSE(forbid_stream(token, "quotes"));
  EXPECT_FALSE(forbid_stream(token, "news/today"));
  EXPECT_FALSE(forbid_stream(token, "news/a/b"));
  ASSERT_TRUE(forbid_stream(token, "news"));
  EXPECT_EQ(forbid_stream(token, "news")->detail, "token spider-7 may not write stream news");
  EXPECT_EQ(forbid_stream(token, "news")->kind, Refusal::Kind::kForbidden);
  EXPECT_TRUE(forbid_stream(token, "quotes2"));
  EXPECT_EQ(forbid_stream(token, "")->detail, "token spider-7 may not write without a stream's name");
}

TEST(Gate, HoldsClientsToTheTokensPatterns) {
  Token token = make("secret", "spider-7");
  EXPECT_FALSE(forbid_client(token, ""));
  token.clients = {"worker-*"};
  EXPECT_FALSE(forbid_client(token, "worker-1"));
  EXPECT_EQ(forbid_client(token, "other")->detail, "token spider-7 may not write as client other");
  token.clients = {};
  EXPECT_TRUE(forbid_client(token, "worker-1"));
}

}  // namespace
}  // namespace crawlspool::auth
