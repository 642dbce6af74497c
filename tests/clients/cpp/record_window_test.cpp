#include "clients/cpp/record_window.h"

#include <gtest/gtest.h>

namespace crawlspool::client {
namespace {

constexpr RecordWindow::RunLimits kNoLimits{.bytes_max = 1000, .records_max = 1000, .record_bytes_max = 1000};

// Records "1" to "N", each from the line of its number in file 0, none of them sent.
RecordWindow with_records(std::uint64_t count, const RecordWindow::Bounds& bounds = {}) {
  RecordWindow window(1, bounds);
  for (std::uint64_t i = 1; i <= count; ++i) window.add({0, i, 2 * i}, std::to_string(i));
  return window;
}

TEST(RecordWindow, NeighboursAreARunAsTheyLie) {
  const RecordWindow window = with_records(3);
  const auto run = window.next_run(kNoLimits);
  EXPECT_EQ(run.first_seq, 1U);
  EXPECT_EQ(run.last_seq(), 3U);
  EXPECT_EQ(run.text, "1\n2\n3\n");
  EXPECT_EQ(window.unsent_bytes(), 6U);
}

TEST(RecordWindow, ARunKeepsToItsLimits) {
  const RecordWindow window = with_records(5);
  EXPECT_EQ(window.next_run({.bytes_max = 5, .records_max = 10, .record_bytes_max = 10}).text, "1\n2\n");
  EXPECT_EQ(window.next_run({.bytes_max = 100, .records_max = 3, .record_bytes_max = 10}).text, "1\n2\n3\n");
  EXPECT_EQ(window.next_run({.bytes_max = 1, .records_max = 10, .record_bytes_max = 10}).text, "1\n");
}

TEST(RecordWindow, ARunEndsBeforeARecordThatIsTooLargeOrGivenUp) {
  RecordWindow window(1, {});
  for (const char* record : {"1", "22", "3", "4"}) window.add({}, record);
  const RecordWindow::RunLimits limits{.bytes_max = 100, .records_max = 10, .record_bytes_max = 1};
  EXPECT_EQ(window.next_run(limits).text, "1\n");
  window.sent_through(2);
  EXPECT_EQ(window.next_run(limits).text, "3\n4\n");
  window.find(4)->is_given_up = true;
  EXPECT_EQ(window.next_run(limits).text, "3\n");
}

TEST(RecordWindow, WhatIsSentIsBehindUntilItIsRewound) {
  RecordWindow window = with_records(3);
  window.sent_through(2);
  EXPECT_EQ(window.first_unsent(), 3U);
  EXPECT_EQ(window.next_run(kNoLimits).text, "3\n");
  window.sent_through(3);
  EXPECT_FALSE(window.has_unsent());
  EXPECT_EQ(window.unsent_bytes(), 0U);
  window.rewind();
  EXPECT_EQ(window.next_run(kNoLimits).text, "1\n2\n3\n");
}

TEST(RecordWindow, NumbersStayWhileTheFrontGoes) {
  RecordWindow window = with_records(3);
  window.sent_through(1);
  window.pop_front();
  EXPECT_EQ(window.first_seq(), 2U);
  EXPECT_EQ(window.front().place.line, 2U);
  EXPECT_EQ(window.next_seq(), 4U);
  EXPECT_EQ(window.find(1), nullptr);
  EXPECT_EQ(window.find(3)->place.end_offset, 6U);
  EXPECT_EQ(window.find(4), nullptr);
  EXPECT_EQ(window.find(UINT64_MAX), nullptr);
}

TEST(RecordWindow, WhatIsUnsentMayGoAsWell) {
  RecordWindow window = with_records(3);
  window.pop_front();
  EXPECT_EQ(window.next_run(kNoLimits).text, "2\n3\n");
  window.rewind();
  EXPECT_EQ(window.next_run(kNoLimits).text, "2\n3\n");
}

TEST(RecordWindow, ARecordThatIsNotHeldTakesANumberAndNoBytes) {
  RecordWindow window = with_records(1);
  window.add_unheld({0, 2, 100});
  window.add({0, 3, 102}, "3");
  EXPECT_EQ(window.next_seq(), 4U);
  EXPECT_EQ(window.bytes(), 4U);
  window.find(2)->is_given_up = true;
  EXPECT_EQ(window.next_run(kNoLimits).text, "1\n");
  window.sent_through(2);
  EXPECT_EQ(window.next_run(kNoLimits).text, "3\n");
}

TEST(RecordWindow, IsBoundedInRecords) {
  RecordWindow window = with_records(2, {.records_max = 2, .bytes_max = 1000});
  EXPECT_FALSE(window.has_room(1));
  window.pop_front();
  EXPECT_TRUE(window.has_room(1));
}

TEST(RecordWindow, IsBoundedInBytes) {
  RecordWindow window(1, {.records_max = 100, .bytes_max = 10});
  window.add({}, "12345");
  EXPECT_TRUE(window.has_room(3));
  EXPECT_FALSE(window.has_room(4));
}

TEST(RecordWindow, ARecordLargerThanItsBoundGoesAlone) {
  RecordWindow window(1, {.records_max = 100, .bytes_max = 10});
  EXPECT_TRUE(window.has_room(1000));
  window.add({}, std::string(1000, 'x'));
  EXPECT_FALSE(window.has_room(0));
}

TEST(RecordWindow, MemoryOfSettledRecordsIsUsedAgain) {
  RecordWindow window(1, {});
  const std::string record(700'000, 'x');
  for (std::uint64_t i = 1; i <= 20; ++i) {
    window.add({}, record);
    window.add({}, "tail");
    const auto run = window.next_run({.bytes_max = 1, .records_max = 1, .record_bytes_max = 1});
    ASSERT_EQ(run.text, record + "\n");
    window.sent_through(run.last_seq());
    window.pop_front();
    ASSERT_EQ(window.next_run(kNoLimits).text, "tail\n");
    window.pop_front();
  }
  EXPECT_EQ(window.bytes(), 0U);
  EXPECT_EQ(window.first_seq(), 41U);
}

TEST(RecordWindow, ARecordsBytesAreFoundWhereverTheyHaveBeenMoved) {
  RecordWindow window(1, {});
  const std::string large(1024 * 1024, 'x');
  window.add({}, large);
  window.add({}, "2");
  window.add_unheld({});
  window.add({}, "4");
  EXPECT_EQ(window.text_of(window.at(2)), "2");
  window.pop_front();  // its memory is used again
  EXPECT_EQ(window.text_of(window.at(2)), "2");
  EXPECT_EQ(window.text_of(window.at(3)), "");
  window.pop_front();
  window.add({}, "5");
  EXPECT_EQ(window.text_of(window.at(4)), "4");
  EXPECT_EQ(window.text_of(window.at(5)), "5");
}

}  // namespace
}  // namespace crawlspool::client
