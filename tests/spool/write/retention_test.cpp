#include "daemon/spool/write/retention.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace crawlspool::spool {
namespace {

constexpr std::int64_t kNowUs = 1'795'147'506'123'456;
constexpr std::int64_t kMsUs = 1000;
constexpr Position kNothingNeeded = ~Position{0};

// Five segments of 100 bytes, each a second newer than the one before; the last is a second old.
class Retention : public ::testing::Test {
 protected:
  Retention() {
    view.now_us = kNowUs;
    view.snapshots_need_from = kNothingNeeded;
    view.cursors_need_from = kNothingNeeded;
    for (Position n = 0; n < 5; ++n)
      view.segments.push_back({{n * 100, SegmentKind::kSealed},
                               (n + 1) * 100,
                               100,
                               kNowUs - static_cast<std::int64_t>(5 - n) * 1000 * kMsUs});
  }
  // "POSITION reason", with "!" where a cursor is overridden.
  [[nodiscard]] std::vector<std::string> removed() const {
    std::vector<std::string> all;
    for (const auto& removal : judge_retention(policy, view).removals)
      all.push_back(std::to_string(removal.segment.name.position) + " " + std::string(removal.reason) +
                    (removal.overrides_cursor ? "!" : ""));
    return all;
  }
  [[nodiscard]] bool is_held() const { return judge_retention(policy, view).held_by_cursor; }

  RetentionPolicy policy;
  RetentionView view;
};

using Strings = std::vector<std::string>;

TEST_F(Retention, WithoutLimitsEverythingStays) {
  EXPECT_EQ(removed(), Strings{});
  view.active_bytes = ~std::uint64_t{0} / 2;
  view.now_us += 1'000'000'000'000;
  EXPECT_EQ(removed(), Strings{});
}

TEST_F(Retention, TheOldestGoUntilTheRestFits) {
  policy.bytes_max = 500;
  EXPECT_EQ(removed(), Strings{});
  policy.bytes_max = 499;
  EXPECT_EQ(removed(), Strings{"0 bytes"});
  policy.bytes_max = 400;
  EXPECT_EQ(removed(), Strings{"0 bytes"});
  policy.bytes_max = 399;
  EXPECT_EQ(removed(), (Strings{"0 bytes", "100 bytes"}));
  policy.bytes_max = 1;
  EXPECT_EQ(removed().size(), 5U);
}

TEST_F(Retention, TheActiveSegmentCountsAndIsNeverRemoved) {
  policy.bytes_max = 500;
  view.active_bytes = 1;
  EXPECT_EQ(removed(), Strings{"0 bytes"});
  view.active_bytes = 10'000;
  EXPECT_EQ(removed().size(), 5U);
  view.segments.clear();
  EXPECT_EQ(removed(), Strings{});
}

TEST_F(Retention, BytesAreThoseOfTheFiles) {
  for (SegmentFacts& segment : view.segments) segment.file_bytes = 10;  // compressed
  policy.bytes_max = 49;
  EXPECT_EQ(removed(), Strings{"0 bytes"});
}

TEST_F(Retention, AgeIsThatOfASegmentsNewestLine) {
  policy.age_ms_max = 5000;
  EXPECT_EQ(removed(), Strings{});  // as old as it may be
  view.now_us += 1;
  EXPECT_EQ(removed(), Strings{"0 age"});
  view.now_us += 2000 * kMsUs;
  EXPECT_EQ(removed(), (Strings{"0 age", "100 age", "200 age"}));
}

TEST_F(Retention, NothingGoesByAgeWhereTheClockIsNotBelieved) {
  policy.age_ms_max = 1;
  view.may_remove_by_age = false;
  EXPECT_EQ(removed(), Strings{});
  policy.bytes_max = 450;
  EXPECT_EQ(removed(), Strings{"0 bytes"});
}

TEST_F(Retention, ASegmentWhoseTimeIsNotKnownIsAsOldAsTheNextOneThatIs) {
  policy.age_ms_max = 3500;
  view.segments[0].newest_us = 0;
  EXPECT_EQ(removed(), (Strings{"0 age", "100 age"}));
  view.segments[1].newest_us = 0;
  EXPECT_EQ(removed(), Strings{});
  for (SegmentFacts& segment : view.segments) segment.newest_us = 0;
  policy.age_ms_max = 1;
  EXPECT_EQ(removed(), Strings{});
}

TEST_F(Retention, ARowWithoutGapsStays) {
  policy.age_ms_max = 3500;
  view.segments[1].newest_us = kNowUs;  // the clock went back: a newer one between older ones
  EXPECT_EQ(removed(), Strings{"0 age"});
}

TEST_F(Retention, BothLimitsTogetherTakeWhatEitherWould) {
  policy.bytes_max = 450;
  policy.age_ms_max = 3500;
  EXPECT_EQ(removed(), (Strings{"0 bytes", "100 age"}));
}

TEST_F(Retention, WhatRecoveryMayBeginFromStays) {
  policy.bytes_max = 1;
  for (const auto& [need_from, count] :
       {std::pair<Position, std::size_t>{0, 0}, {99, 0}, {100, 1}, {101, 1}, {300, 3}}) {
    view.snapshots_need_from = need_from;
    EXPECT_EQ(removed().size(), count) << need_from;
    EXPECT_FALSE(is_held());
  }
  policy.ignores_cursors = true;
  EXPECT_EQ(removed().size(), 3U);
}

TEST_F(Retention, ACursorHoldsWhatItHasNotRead) {
  policy.bytes_max = 350;
  view.cursors_need_from = 199;  // one byte of the second segment is not read
  EXPECT_EQ(removed(), Strings{"0 bytes"});
  EXPECT_TRUE(is_held());
  view.cursors_need_from = 200;
  EXPECT_EQ(removed(), (Strings{"0 bytes", "100 bytes"}));
  EXPECT_FALSE(is_held());  // nothing more would go
  view.cursors_need_from = 0;
  EXPECT_EQ(removed(), Strings{});
  EXPECT_TRUE(is_held());
}

TEST_F(Retention, ACursorHoldsAgainstAgeToo) {
  policy.age_ms_max = 1;
  view.cursors_need_from = 250;
  EXPECT_EQ(removed(), (Strings{"0 age", "100 age"}));
  EXPECT_TRUE(is_held());
}

TEST_F(Retention, WhereCursorsAreIgnoredTheyAreNamedAndHoldNothing) {
  policy.bytes_max = 250;
  policy.ignores_cursors = true;
  view.cursors_need_from = 150;
  EXPECT_EQ(removed(), (Strings{"0 bytes", "100 bytes!", "200 bytes!"}));
  EXPECT_FALSE(is_held());
}

TEST_F(Retention, ACursorThatHoldsNothingThatWouldGoIsNoMatter) {
  policy.bytes_max = 10'000;
  view.cursors_need_from = 0;
  EXPECT_FALSE(is_held());
}

}  // namespace
}  // namespace crawlspool::spool
