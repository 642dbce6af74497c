#include "cli/send_ledger.h"

#include <gtest/gtest.h>

#include "proto/frame.h"

namespace crawlspool::cli {
namespace {

std::string frame(std::string_view record) {
  std::string out;
  proto::append_frame(out, proto::FrameType::kRecord, record);
  return out;
}

// Records "1" to "N", each from the line of its number in file 0, all written.
SendLedger with_records(std::uint64_t count) {
  SendLedger ledger;
  for (std::uint64_t i = 1; i <= count; ++i) ledger.add({0, i}, std::to_string(i));
  ledger.wrote(ledger.unwritten().size());
  return ledger;
}

TEST(SendLedger, FramesComeInOrderAndEachByteOnce) {
  SendLedger ledger;
  ledger.add({0, 1}, "one");
  ledger.add({0, 2}, "");
  const std::string all = frame("one") + frame("");
  EXPECT_EQ(ledger.unwritten(), all);
  ledger.wrote(5);
  EXPECT_EQ(ledger.unwritten(), all.substr(5));
  ledger.add({0, 3}, "x");
  EXPECT_EQ(ledger.unwritten(), all.substr(5) + frame("x"));
}

TEST(SendLedger, AnAckSettlesEverythingUpToIt) {
  SendLedger ledger = with_records(5);
  EXPECT_TRUE(ledger.ack(3));
  EXPECT_EQ(ledger.acked(), 3U);
  EXPECT_EQ(ledger.unsettled(), 2U);
  EXPECT_TRUE(ledger.ack(3));
  EXPECT_TRUE(ledger.ack(1));
  EXPECT_EQ(ledger.acked(), 3U);
  EXPECT_TRUE(ledger.ack(5));
  EXPECT_EQ(ledger.in_flight(), 0U);
  EXPECT_EQ(ledger.in_flight_bytes(), 0U);
  EXPECT_EQ(ledger.taken(), 5U);
}

TEST(SendLedger, AnAckOfWhatWasNotSentIsRefused) {
  SendLedger ledger = with_records(2);
  EXPECT_FALSE(ledger.ack(3));
  SendLedger half;
  half.add({0, 1}, "one");
  half.wrote(frame("one").size() - 1);
  EXPECT_FALSE(half.ack(1));
  EXPECT_EQ(half.acked(), 0U);
  half.wrote(1);
  EXPECT_TRUE(half.ack(1));
}

TEST(SendLedger, ARejectNamesItsPlaceOnceAndIsNotCountedAsAcked) {
  SendLedger ledger = with_records(3);
  ASSERT_TRUE(ledger.ack(1));
  const auto place = ledger.reject(2);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->line, 2U);
  EXPECT_FALSE(ledger.reject(2));
  EXPECT_EQ(ledger.unsettled(), 1U);
  EXPECT_TRUE(ledger.ack(3));
  EXPECT_EQ(ledger.acked(), 2U);
  EXPECT_EQ(ledger.rejected(), 1U);
  EXPECT_EQ(ledger.taken(), 3U);
}

TEST(SendLedger, ARejectOfANumberThatIsNotUnderWayIsIgnored) {
  SendLedger ledger = with_records(2);
  ASSERT_TRUE(ledger.ack(1));
  EXPECT_FALSE(ledger.reject(0));
  EXPECT_FALSE(ledger.reject(1));
  EXPECT_FALSE(ledger.reject(3));
  EXPECT_FALSE(ledger.reject(UINT64_MAX));
  EXPECT_EQ(ledger.rejected(), 0U);
}

TEST(SendLedger, ANewConnectionGetsTheUnsettledWithoutTheRejected) {
  SendLedger ledger = with_records(5);
  ASSERT_TRUE(ledger.ack(2));
  ASSERT_TRUE(ledger.reject(4));
  ledger.add({0, 6}, "6");
  ledger.restart();
  EXPECT_EQ(ledger.unwritten(), frame("3") + frame("5") + frame("6"));
  EXPECT_EQ(ledger.taken(), 6U);
  EXPECT_EQ(ledger.unsettled(), 3U);
  ledger.wrote(ledger.unwritten().size());
  EXPECT_EQ(ledger.reject(2)->line, 5U);  // numbered from 1 again
  EXPECT_TRUE(ledger.ack(3));
  EXPECT_EQ(ledger.acked(), 4U);
  EXPECT_EQ(ledger.rejected(), 2U);
  EXPECT_EQ(ledger.unsettled(), 0U);
}

TEST(SendLedger, ANewConnectionSendsAHalfWrittenFrameWhole) {
  SendLedger ledger;
  ledger.add({0, 1}, "one");
  ledger.wrote(5);
  ledger.restart();
  EXPECT_EQ(ledger.unwritten(), frame("one"));
}

TEST(SendLedger, TheWindowIsBoundedInRecords) {
  SendLedger ledger({.records_max = 2, .bytes_max = 1000});
  EXPECT_TRUE(ledger.has_room(1));
  ledger.add({0, 1}, "1");
  EXPECT_TRUE(ledger.has_room(1));
  ledger.add({0, 2}, "2");
  EXPECT_FALSE(ledger.has_room(1));
  ledger.wrote(ledger.unwritten().size());
  ASSERT_TRUE(ledger.ack(1));
  EXPECT_TRUE(ledger.has_room(1));
}

TEST(SendLedger, TheWindowIsBoundedInBytes) {
  SendLedger ledger({.records_max = 100, .bytes_max = 20});
  ledger.add({0, 1}, "123456");
  EXPECT_TRUE(ledger.has_room(6));
  EXPECT_FALSE(ledger.has_room(7));
}

TEST(SendLedger, ARecordLargerThanTheWindowGoesAlone) {
  SendLedger ledger({.records_max = 100, .bytes_max = 20});
  EXPECT_TRUE(ledger.has_room(1000));
  ledger.add({0, 1}, std::string(1000, 'x'));
  EXPECT_FALSE(ledger.has_room(0));
}

TEST(SendLedger, MemoryOfSettledRecordsIsUsedAgain) {
  SendLedger ledger;
  const std::string record(700'000, 'x');
  for (std::uint64_t i = 1; i <= 20; ++i) {
    ledger.add({0, i}, record);
    EXPECT_EQ(ledger.unwritten(), frame(record));
    ledger.wrote(ledger.unwritten().size());
    ASSERT_TRUE(ledger.ack(i));
  }
  EXPECT_EQ(ledger.acked(), 20U);
  EXPECT_EQ(ledger.in_flight_bytes(), 0U);
}

TEST(SendLedger, WhatCannotBeSentCountsAsRejected) {
  SendLedger ledger = with_records(1);
  ledger.reject_unsent();
  EXPECT_EQ(ledger.taken(), 2U);
  EXPECT_EQ(ledger.rejected(), 1U);
  EXPECT_EQ(ledger.unsettled(), 1U);
}

}  // namespace
}  // namespace crawlspool::cli
