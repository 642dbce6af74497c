#include "daemon/net/timer_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace crawlspool::net {
namespace {

using Id = TimerWheel::Id;

constexpr std::int64_t kTickMs = 100;
constexpr std::size_t kBuckets = 16;
constexpr std::int64_t kSpanMs = kTickMs * static_cast<std::int64_t>(kBuckets);

std::vector<Id> called(TimerWheel& deadlines, std::int64_t now_ms) {
  std::vector<Id> ids;
  deadlines.advance(now_ms, [&](Id id) { ids.push_back(id); });
  return ids;
}

// When `due_ms`, armed at `start_ms`, is called by a clock that moves a millisecond at a time; -1 if never.
std::int64_t called_at(std::int64_t start_ms, std::int64_t due_ms) {
  TimerWheel deadlines(kTickMs, kBuckets, start_ms);
  deadlines.arm(1, due_ms);
  for (std::int64_t now = start_ms; now <= std::max(start_ms, due_ms) + 2 * kSpanMs; ++now)
    if (!called(deadlines, now).empty()) return now;
  return -1;
}

TEST(TimerWheel, NothingIsCalledEarlyAndEverythingWithinATick) {
  for (const std::int64_t start : {0, 1, 99, 100, 12'345}) {
    for (std::int64_t due = start; due < start + kSpanMs - 2 * kTickMs; due += 7) {
      const std::int64_t at = called_at(start, due);
      EXPECT_GE(at, due) << start;
      EXPECT_LE(at, due + kTickMs) << start;
    }
  }
}

TEST(TimerWheel, WhatIsPastIsCalledAtTheNextTick) {
  EXPECT_EQ(called_at(1000, 0), 1100);
  EXPECT_EQ(called_at(1050, -5000), 1100);
}

TEST(TimerWheel, EachEntryIsCalledOnce) {
  TimerWheel deadlines(kTickMs, kBuckets, 0);
  deadlines.arm(7, 250);
  EXPECT_TRUE(called(deadlines, 299).empty());
  EXPECT_EQ(called(deadlines, 300), std::vector<Id>{7});
  for (std::int64_t now = 300; now < 3 * kSpanMs; now += 50) EXPECT_TRUE(called(deadlines, now).empty()) << now;
}

TEST(TimerWheel, BeyondTheSpanItIsCalledEarlyToBeArmedAgain) {
  const std::int64_t due = 5 * kSpanMs + 30;
  TimerWheel deadlines(kTickMs, kBuckets, 0);
  deadlines.arm(1, due);
  int calls = 0;
  std::int64_t settled_at = -1;
  for (std::int64_t now = 0; now <= due + kTickMs && settled_at < 0; now += 10) {
    deadlines.advance(now, [&](Id id) {
      ++calls;
      if (now >= due)
        settled_at = now;
      else
        deadlines.arm(id, due);
    });
  }
  EXPECT_GE(settled_at, due);
  EXPECT_LE(settled_at, due + kTickMs);
  EXPECT_EQ(calls, 6) << "once a span, and once when it is due";
}

TEST(TimerWheel, AGapLongerThanTheRingCallsEverythingOnce) {
  TimerWheel deadlines(kTickMs, kBuckets, 0);
  for (Id id = 0; id < 100; ++id) deadlines.arm(id, static_cast<std::int64_t>(id) * 14);
  std::map<Id, int> calls;
  deadlines.advance(1'000'000'000, [&](Id id) { ++calls[id]; });
  EXPECT_EQ(calls.size(), 100U);
  for (const auto& [id, count] : calls) EXPECT_EQ(count, 1) << id;
  EXPECT_TRUE(called(deadlines, 1'000'000'000 + 2 * kSpanMs).empty());
}

TEST(TimerWheel, AClockThatStandsOrGoesBackCallsNothing) {
  TimerWheel deadlines(kTickMs, kBuckets, 10'000);
  deadlines.arm(1, 10'050);
  EXPECT_TRUE(called(deadlines, 10'000).empty());
  EXPECT_TRUE(called(deadlines, 5'000).empty());
  EXPECT_EQ(called(deadlines, 10'100), std::vector<Id>{1});
}

TEST(TimerWheel, WhoIsCalledMayArmItselfAndOthers) {
  TimerWheel deadlines(kTickMs, kBuckets, 0);
  deadlines.arm(1, 50);
  std::vector<Id> ids;
  const auto on_due = [&](Id id) {
    ids.push_back(id);
    if (id == 1) {
      deadlines.arm(2, 0);
      deadlines.arm(3, 350);
    }
  };
  deadlines.advance(100, on_due);
  EXPECT_EQ(ids, (std::vector<Id>{1}));
  deadlines.advance(200, on_due);
  EXPECT_EQ(ids, (std::vector<Id>{1, 2}));
  deadlines.advance(400, on_due);
  EXPECT_EQ(ids, (std::vector<Id>{1, 2, 3}));
}

TEST(TimerWheel, ALoopThatRearmsFarAheadAfterALongGapEnds) {
  TimerWheel deadlines(kTickMs, kBuckets, 0);
  deadlines.arm(1, 0);
  int calls = 0;
  deadlines.advance(1'000'000, [&](Id id) {
    ++calls;
    deadlines.arm(id, 2'000'000);
  });
  EXPECT_LE(calls, 3);
}

TEST(TimerWheel, ArmedAtRandomWithJumpingTimeNobodyIsForgottenOrEarly) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  auto now = static_cast<std::int64_t>(random() % 100'000);
  TimerWheel deadlines(kTickMs, kBuckets, now);
  std::map<Id, std::int64_t> due;
  Id next = 0;
  for (int i = 0; i < 5000; ++i) {
    if (random() % 2 == 0) {
      due[next] = now + static_cast<std::int64_t>(random() % (3 * kSpanMs));
      deadlines.arm(next, due[next]);
      ++next;
    }
    now += static_cast<std::int64_t>(random() % (random() % 50 == 0 ? 3 * kSpanMs : 2 * kTickMs));
    deadlines.advance(now, [&](Id id) {
      ASSERT_TRUE(due.contains(id)) << "called twice";
      if (now < due[id])
        deadlines.arm(id, due[id]);
      else
        due.erase(id);
    });
    for (const auto& [id, at] : due) ASSERT_GE(at + kTickMs, now) << id;
  }
}

}  // namespace
}  // namespace crawlspool::net
