#include <gtest/gtest.h>

#include "daemon/spool/write/retention.h"
#include "tests/support/manual_clock.h"

namespace crawlspool::spool {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kTenMinutesUs = 600 * kSecondUs;
constexpr std::int64_t kDayUs = 24 * 3600 * kSecondUs;

// Distrusted now, and for exactly a day.
void expect_a_day_of_distrust(ClockWatch& watch, test::ManualClock& clock) {
  EXPECT_FALSE(watch.may_remove_by_age());
  clock.advance_us(kDayUs - 1);
  EXPECT_FALSE(watch.may_remove_by_age());
  clock.advance_us(1);
  EXPECT_TRUE(watch.may_remove_by_age());
}

TEST(ClockWatch, AClockThatRunsIsBelieved) {
  test::ManualClock clock;
  ClockWatch watch(clock, 0);
  for (int day = 0; day < 30; ++day) {
    EXPECT_TRUE(watch.may_remove_by_age());
    clock.advance_us(kDayUs);
  }
}

TEST(ClockWatch, AJumpOfMoreThanTenMinutesEitherWayMakesItDistrustedForADay) {
  for (const std::int64_t jump_us : {kTenMinutesUs + 1, -kTenMinutesUs - 1, 3650 * kDayUs, -3650 * kDayUs}) {
    test::ManualClock clock;
    ClockWatch watch(clock, 0);
    clock.jump_wall_us(jump_us);
    expect_a_day_of_distrust(watch, clock);
  }
}

TEST(ClockWatch, SmallerCorrectionsAreNoJumps) {
  for (const std::int64_t step_us : {kTenMinutesUs, -kTenMinutesUs}) {
    test::ManualClock clock;
    ClockWatch watch(clock, 0);
    for (int step = 0; step < 20; ++step) {
      clock.jump_wall_us(step_us);
      EXPECT_TRUE(watch.may_remove_by_age());
    }
  }
}

TEST(ClockWatch, TheNextJumpBeginsTheDayAnew) {
  test::ManualClock clock;
  ClockWatch watch(clock, 0);
  clock.jump_wall_us(kDayUs);
  EXPECT_FALSE(watch.may_remove_by_age());
  clock.advance_us(kDayUs / 2);
  clock.jump_wall_us(-kDayUs);  // also if it goes back to what was right
  expect_a_day_of_distrust(watch, clock);
}

TEST(ClockWatch, AJumpIsNoticedAlsoIfTimeHasPassedSinceItWasLastAsked) {
  test::ManualClock clock;
  ClockWatch watch(clock, 0);
  clock.advance_us(10 * kDayUs);
  clock.jump_wall_us(-10 * kDayUs);  // the wall clock shows what it showed before
  EXPECT_FALSE(watch.may_remove_by_age());
}

TEST(ClockWatch, AStartBeforeTheSpoolsNewestTimeIsAJump) {
  test::ManualClock clock;
  ClockWatch at(clock, clock.wall_us());
  EXPECT_TRUE(at.may_remove_by_age());
  ClockWatch before(clock, clock.wall_us() + 1);
  expect_a_day_of_distrust(before, clock);
}

TEST(ClockWatch, AStartMoreThanSevenDaysBehindTheSpoolsNewestTimeIsAJump) {
  test::ManualClock clock;
  ClockWatch week_old(clock, clock.wall_us() - 7 * kDayUs);
  EXPECT_TRUE(week_old.may_remove_by_age());
  ClockWatch older(clock, clock.wall_us() - 7 * kDayUs - 1);
  expect_a_day_of_distrust(older, clock);
}

TEST(ClockWatch, ASpoolWithoutTimesSaysNothingAgainstTheClock) {
  test::ManualClock clock;
  ClockWatch watch(clock, 0);
  EXPECT_TRUE(watch.may_remove_by_age());
}

}  // namespace
}  // namespace crawlspool::spool
