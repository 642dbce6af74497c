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

std::string refusal(const TokenTable& table, const Credentials& credentials, bool is_required = true) {
  const auto known = authenticate(table, credentials, is_required, kNow);
  if (known) return "taken";
  EXPECT_EQ(known.error().kind, Refusal::Kind::kUnauthorized);
  return known.error().detail;
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

TEST(Gate, SaysTheSameOfUnknownAndExpiredTokens) {
  Token expired = make("expired", "spider");
  expired.not_after_us = kNow - 1;
  const TokenTable table({make("secret", "spider"), expired});
  EXPECT_EQ(refusal(table, {"secret"}), "taken");
  EXPECT_EQ(refusal(table, {"expired"}), "that token is not known");
  EXPECT_EQ(refusal(table, {"unknown"}), "that token is not known");
  EXPECT_EQ(refusal(table, {""}), "that token is not known");
}

TEST(Gate, WantsATokenOnlyWhereOneIsRequired) {
  const TokenTable table({make("secret", "spider")});
  EXPECT_EQ(refusal(table, {}), "this server wants a token");
  EXPECT_EQ(refusal(table, {}, false), "taken");
  EXPECT_EQ(refusal(table, {"unknown"}, false), "that token is not known");
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
