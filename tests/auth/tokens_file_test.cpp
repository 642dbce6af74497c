#include "daemon/auth/tokens_file.h"

#include <gtest/gtest.h>

#include "daemon/base/clock.h"

namespace crawlspool::auth {
namespace {

const std::string kHash(64, 'a');
const std::string kOtherHash(64, 'b');

std::string mistakes(const std::string& yaml) {
  const auto tokens = parse_tokens("tokens.yaml", yaml);
  return tokens ? "none" : tokens.error().context;
}

TEST(TokensFile, GivesEachTokenItsRights) {
  const auto tokens = parse_tokens("tokens.yaml", "- name: spider-7\n  sha256: " + kHash +
                                                      "\n  streams: [quotes, 'news/*']\n  clients: ['worker-*']\n"
                                                      "  records_per_s: 100\n  bytes_per_s: 2MiB\n"
                                                      "  not_after: 2027-01-31\n");
  ASSERT_TRUE(tokens) << tokens.error().context;
  ASSERT_EQ(tokens->size(), 1U);
  const Token& token = tokens->front();
  EXPECT_EQ(token.name, "spider-7");
  EXPECT_EQ(hash_digits(token.hash), kHash);
  EXPECT_EQ(token.streams, (Patterns{"quotes", "news/*"}));
  EXPECT_EQ(token.clients, Patterns{"worker-*"});
  EXPECT_EQ(token.rate, (Rate{100, 2 * 1024 * 1024}));
  EXPECT_EQ(base::format_timestamp(token.not_after_us), "2027-01-31T23:59:59.999999Z");
}

TEST(TokensFile, LeavesATokenWithoutListsEverythingForEver) {
  const auto tokens = parse_tokens("tokens.yaml", "- {name: a, sha256: " + kHash + "}");
  ASSERT_TRUE(tokens);
  EXPECT_EQ(tokens->front().streams, Patterns{"*"});
  EXPECT_EQ(tokens->front().clients, Patterns{"*"});
  EXPECT_EQ(tokens->front().rate, Rate{});
  EXPECT_EQ(tokens->front().not_after_us, kForever);
}

TEST(TokensFile, MayBeEmpty) {
  EXPECT_EQ(mistakes(""), "none");
  EXPECT_EQ(mistakes("[]"), "none");
}

TEST(TokensFile, NamesThePlaceAndTheCauseOfEachMistake) {
  EXPECT_EQ(mistakes("a: b"), "tokens.yaml:1: must be a list: each entry begins with a dash");
  EXPECT_EQ(mistakes("- word"), "tokens.yaml:1: must be a map of keys and values");
  EXPECT_EQ(mistakes("- name: a b\n  sha256: x\n"),
            "tokens.yaml:1: name: must be 1 to 64 letters, digits, '.', '_' or '-'\n"
            "tokens.yaml:2: sha256: must be the 64 hex digits of the token's SHA-256, as crawlspool token new prints "
            "them");
  EXPECT_EQ(mistakes("- name: a\n"), "tokens.yaml:1: sha256: is missing");
  EXPECT_EQ(mistakes("- {name: a, sha256: " + kHash + ", stream: [a]}"),
            "tokens.yaml:1: stream: unknown key (did you mean streams?)");
  EXPECT_EQ(mistakes("- {name: a, name: b, sha256: " + kHash + "}"),
            "tokens.yaml:1: name: is given twice in one entry");
}

TEST(TokensFile, HasEachHashOnceAndOneRateAName) {
  EXPECT_EQ(mistakes("- {name: a, sha256: " + kHash + "}\n- {name: b, sha256: " + kHash + "}\n"),
            "tokens.yaml:2: sha256: is that of line 1, too");
  EXPECT_EQ(mistakes("- {name: a, sha256: " + kHash + "}\n- {name: a, sha256: " + kOtherHash + "}\n"), "none");
  EXPECT_EQ(mistakes("- {name: a, sha256: " + kHash + ", records_per_s: 5}\n- {name: a, sha256: " + kOtherHash + "}\n"),
            "tokens.yaml:2: name: a has other rates above: a name's tokens share one rate");
}

TEST(TokensFile, NeverShowsATokenInItsMistakes) {
  const std::string secret = "cs_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
  for (const std::string& yaml :
       {"- {name: a, sha256: " + secret + "}", "- {" + secret + ": a}", "- {name: '" + secret + " '}", secret,
        "- " + secret, "- &" + secret + " [", "*" + secret, "- {" + secret + ": 1, " + secret + ": 2}",
        "- {name: a, not_after: " + secret + "}", "- {name: a, streams: " + secret + "}"}) {
    EXPECT_NE(mistakes(yaml), "none") << yaml;
    EXPECT_EQ(mistakes(yaml).find("0123456789abc"), std::string::npos) << mistakes(yaml);
  }
}

TEST(NotAfter, IsADateOrATimeInUtc) {
  EXPECT_EQ(parse_not_after("2027-01-31T12:00:00Z"), base::parse_timestamp("2027-01-31T12:00:00.000000Z"));
  for (const char* const text : {"", "2027", "2027-13-01", "2027-01-31 12:00:00Z", "2027-01-31T12:00:00+0"})
    EXPECT_FALSE(parse_not_after(text)) << text;
}

}  // namespace
}  // namespace crawlspool::auth
