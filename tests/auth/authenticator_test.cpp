#include "daemon/auth/authenticator.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace crawlspool::auth {
namespace {

class StoppedClock final : public base::Clock {
 public:
  [[nodiscard]] std::int64_t monotonic_us() const override { return now_us; }
  [[nodiscard]] std::int64_t wall_us() const override { return now_us; }
  std::int64_t now_us = 1'000'000'000;
};

class Authentication : public ::testing::Test {
 protected:
  Authentication() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tokens-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    config.auth.tokens = folder / "tokens.yaml";
    write(entry("good", "spider") + entry("narrow", "narrow", ", clients: [w-*], streams: [quotes]") +
          entry("expired", "spider", ", not_after: 1970-01-01T00:00:01Z"));
  }
  ~Authentication() override { std::filesystem::remove_all(folder); }

  static std::string entry(const std::string& token, const std::string& name, const std::string& more = {}) {
    return "- {name: " + name + ", sha256: " + hash_digits(hash_token(token)) + more + "}\n";
  }
  void write(const std::string& text) const { std::ofstream(folder / "tokens.yaml") << text; }

  Authenticator& made() {
    if (!authenticator) {
      authenticator = std::make_unique<Authenticator>(config, clock);
      EXPECT_TRUE(authenticator->load());
    }
    return *authenticator;
  }
  std::string answer(std::optional<std::string_view> token, std::string client = {}, const std::string& stream = {}) {
    const auto sender = made().identify(channel(), {token, std::move(client)});
    if (!sender) return sender.error().detail;
    if (const auto refusal = sender->forbids(stream)) return refusal->detail;
    return sender->user + "/" + sender->client;
  }
  [[nodiscard]] Channel channel() const { return {peer, is_encrypted, certificate_name}; }

  std::filesystem::path folder;
  config::Config config;
  StoppedClock clock;
  base::Peer peer{"127.0.0.1:1", {}, {}, {}, true};
  bool is_encrypted = false;
  std::string certificate_name;
  std::unique_ptr<Authenticator> authenticator;
};

TEST_F(Authentication, SaysTheSameOfUnknownAndExpiredTokens) {
  EXPECT_EQ(answer("good", "w"), "spider/w");
  EXPECT_EQ(answer("unknown"), "that token is not known");
  EXPECT_EQ(answer("expired"), "that token is not known");
  EXPECT_EQ(answer(""), "that token is not known");
  EXPECT_EQ(made().failed_total(), 3U);
}

TEST_F(Authentication, WantsATokenOnlyWhereOneIsRequired) {
  EXPECT_EQ(answer({}), "this server wants a token");
  config.auth.required = config::AuthRequired::kNo;
  made().set_config(config);
  EXPECT_EQ(answer({}, "w"), "/w");
  EXPECT_EQ(answer("unknown"), "that token is not known");
}

TEST_F(Authentication, WithoutAFileOfTokensEachIsTaken) {
  config.auth.tokens.clear();
  EXPECT_EQ(answer("whatever", "w"), "/w");
}

TEST_F(Authentication, HoldsATokenToItsClientsAndStreams) {
  EXPECT_EQ(answer("narrow", "w-1", "quotes"), "narrow/w-1");
  EXPECT_EQ(answer("narrow", "w-1", "prices"), "token narrow may not write stream prices");
  EXPECT_EQ(answer("narrow", "boss", "quotes"), "token narrow may not write as client boss");
}

TEST_F(Authentication, KnowsUsersOfThisMachine) {
  config.auth.uids = {{"crawler", {1000, 1001}}};
  peer = base::Peer::user(1001, 7);
  EXPECT_EQ(answer({}), "crawler/");
  EXPECT_EQ(answer("good"), "spider/");
  peer = base::Peer::user(1002, 7);
  EXPECT_EQ(answer({}), "this server wants a token");
}

TEST_F(Authentication, TakesNoTokenThatCouldBeReadOnTheWay) {
  peer.is_local = false;
  EXPECT_NE(answer("good").find("use tls://"), std::string::npos);
  is_encrypted = true;
  EXPECT_EQ(answer("good"), "spider/");
  is_encrypted = false;
  config.auth.plain_tokens = true;
  made().set_config(config);
  EXPECT_EQ(answer("good"), "spider/");
}

TEST_F(Authentication, ACertificatesNameIsItsOwnersAlone) {
  config.auth.tokens.clear();
  config.tls.identity = config::TlsIdentity::kCn;
  config.auth.plain_clients = {"old-*"};
  EXPECT_EQ(answer({}, "old-1"), "/old-1");
  EXPECT_EQ(answer({}), "/");
  EXPECT_NE(answer({}, "worker-7").find("needs a certificate"), std::string::npos);
  certificate_name = "worker-7";
  EXPECT_EQ(answer({}), "/worker-7");
  EXPECT_EQ(answer({}, "worker-7"), "/worker-7");
  EXPECT_EQ(answer({}, "old-1"), "the certificate is of client worker-7, and it says that it is old-1");
  certificate_name = "two words";
  EXPECT_NE(answer({}).find("no client's name"), std::string::npos);
}

TEST_F(Authentication, ACertificateIsEnoughWhereOneMustSayWhoOneIs) {
  config.tls.identity = config::TlsIdentity::kCn;
  EXPECT_EQ(answer({}), "this server wants a token");
  certificate_name = "worker-7";
  EXPECT_EQ(answer({}), "/worker-7");
}

TEST_F(Authentication, FurtherFailuresOfAnAddressWait) {
  for (std::uint64_t i = 0; i < FailedTokens::kFreeAMinute; ++i)
    EXPECT_EQ(made().identify(channel(), {"unknown", {}}).error().wait_ms, 0);
  EXPECT_EQ(made().identify(channel(), {"unknown", {}}).error().wait_ms, FailedTokens::kWaitMs);
  EXPECT_TRUE(made().identify(channel(), {"good", {}}));
  clock.now_us += FailedTokens::kMinuteMs * 1000;
  EXPECT_EQ(made().identify(channel(), {"unknown", {}}).error().wait_ms, 0);
}

TEST_F(Authentication, ARenamedSenderKeepsItsRights) {
  auto sender = made().identify(channel(), {"narrow", "w-1"});
  ASSERT_TRUE(sender);
  EXPECT_TRUE(made().rename(channel(), *sender, "boss"));
  EXPECT_EQ(sender->client, "w-1");
  EXPECT_FALSE(made().rename(channel(), *sender, "w-2"));
  EXPECT_EQ(sender->client, "w-2");
}

TEST_F(Authentication, ARenewedFileCountsAtALookAndItsRatesToo) {
  const auto sender = made().identify(channel(), {"good", {}});
  ASSERT_TRUE(sender);
  sender->usage->take(1000, 1000);
  EXPECT_EQ(sender->usage->wait_ms(), 0);
  write(entry("new", "spider", ", records_per_s: 10") + "# another size\n");
  clock.now_us += TokenStore::kLookEveryMs * 1000;
  made().refresh(false);
  EXPECT_EQ(answer("good"), "that token is not known");
  EXPECT_EQ(answer("new"), "spider/");
  sender->usage->take(30, 0);
  EXPECT_EQ(sender->usage->wait_ms(), 2000);
  EXPECT_EQ(made().records_by_name().at("spider"), 1030U);
}

TEST_F(Authentication, TheAdminPortHasTokensOfItsOwn) {
  EXPECT_FALSE(made().refuse_operator(channel(), {}));
  authenticator.reset();
  config.auth.admin_tokens = folder / "admins.yaml";
  std::ofstream(folder / "admins.yaml") << entry("admin", "operator");
  EXPECT_EQ(made().refuse_operator(channel(), {})->detail, "this server wants a token");
  EXPECT_EQ(made().refuse_operator(channel(), "good")->detail, "that token is not known");
  EXPECT_FALSE(made().refuse_operator(channel(), "admin"));
}

}  // namespace
}  // namespace crawlspool::auth
