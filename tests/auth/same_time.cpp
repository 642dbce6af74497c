// Whether the time of a look-up distinguishes an unknown token from a revoked one: Welch's t between the two, over 10^6
// calls of each pair, in random order so that drift falls on both alike. 4.5 is the usual threshold of such leak tests.
// Run by ./dev soak tokens, on a quiet machine: the same between two sets of unknown tokens is printed beside it, and
// where that is beyond the threshold, too, the machine makes the difference.
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
  std::mt19937 random(std::random_device{}());
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
  static TokenTable table_of(const std::vector<std::string>& in_force) {
    std::vector<Token> tokens;
    for (const std::string& secret : in_force) {
      Token token;
      token.name = "spider";
      token.hash = hash_token(secret);
      tokens.push_back(std::move(token));
    }
    return TokenTable(std::move(tokens));
  }
};

TEST_F(SameTime, IsTakenForUnknownAndRevokedTokens) {
  const auto revoked = secrets(kTokens);  // were in the file once
  std::printf("two sets of unknown tokens: ");
  welch_t(table_of(secrets(kTokens)), {secrets(kTokens), secrets(kTokens)});
  std::printf("unknown and revoked: ");
  EXPECT_LT(welch_t(table_of(secrets(kTokens)), {secrets(kTokens), revoked}), 4.5);
}

}  // namespace
}  // namespace crawlspool::auth
