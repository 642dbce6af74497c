#include "daemon/inputs/redis/push_command.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace crawlspool::redis {
namespace {

using Parts = std::vector<std::string_view>;

std::string record(const Parts& parts, std::uint64_t record_bytes_max = 1000) {
  const auto entry = read_xadd(parts);
  if (!entry) return "error: " + entry.error();
  std::string made;
  return std::string(record_of(*entry, record_bytes_max, 64, made));
}

TEST(PushCommand, ItemsStandBehindTheKey) {
  const Parts parts{"rpush", "quotes:items", "1", "2"};
  const auto push = read_push(parts);
  ASSERT_TRUE(push);
  EXPECT_EQ(push->key, "quotes:items");
  EXPECT_EQ(Parts(push->items.begin(), push->items.end()), (Parts{"1", "2"}));
  EXPECT_EQ(read_push(Parts{"RPUSH", "k"}).error(), "wrong number of arguments for 'rpush' command");
  EXPECT_EQ(read_push(Parts{"lpush"}).error(), "wrong number of arguments for 'lpush' command");
}

TEST(PushCommand, AFieldThatIsCalledItemDataOrRecordIsTheRecord) {
  for (const std::string_view field : {"item", "data", "record"})
    EXPECT_EQ(record({"XADD", "s", "*", field, "[1]"}), "[1]") << field;
}

TEST(PushCommand, OtherFieldsBecomeAnObjectOfTexts) {
  EXPECT_EQ(record({"XADD", "s", "*", "url", "http://a", "status", "200"}), R"({"url":"http://a","status":"200"})");
  EXPECT_EQ(record({"XADD", "s", "*", "d", "{\"a\":\t\"b\\\"}\n\x01\x1f"}),
            R"({"d":"{\"a\":\u0009\"b\\\"}\u000a\u0001\u001f"})");
  EXPECT_EQ(record({"XADD", "s", "*", "item", "1", "more", "2"}), R"({"item":"1","more":"2"})");
  EXPECT_EQ(record({"XADD", "s", "*", "d", "\xe5\xbc\x95\xff"}), "{\"d\":\"\xe5\xbc\x95\xff\"}");
}

TEST(PushCommand, OptionsOfAStreamChangeNothing) {
  const Parts tail{"*", "item", "1"};
  for (const Parts& options : std::vector<Parts>{{"NOMKSTREAM"},
                                                 {"maxlen", "1000"},
                                                 {"MAXLEN", "~", "1000"},
                                                 {"MINID", "=", "5-0"},
                                                 {"NOMKSTREAM", "MAXLEN", "~", "1000", "LIMIT", "10"}}) {
    Parts parts{"XADD", "s"};
    parts.insert(parts.end(), options.begin(), options.end());
    parts.insert(parts.end(), tail.begin(), tail.end());
    EXPECT_EQ(record(parts), "1");
  }
}

TEST(PushCommand, WhatIsNoXaddIsRefused) {
  const std::string wrong_number = "error: wrong number of arguments for 'xadd' command";
  EXPECT_EQ(record({"XADD", "s", "*"}), wrong_number);
  EXPECT_EQ(record({"XADD", "s", "*", "a"}), wrong_number);
  EXPECT_EQ(record({"XADD", "s", "*", "a", "1", "b"}), wrong_number);
  EXPECT_EQ(record({"XADD", "s", "MAXLEN", "5", "*"}), wrong_number);
  EXPECT_EQ(record({"XADD", "s", "MAXLEN", "=", "*", "a"}),
            "error: crawlspool bad_id the id of XADD is *: positions are given here");
  EXPECT_EQ(record({"XADD", "s", "1-1", "a", "1"}),
            "error: crawlspool bad_id the id of XADD is *: positions are given here");
}

TEST(PushCommand, ARecordThatIsTooLongIsNotMadeWhole) {
  const std::string value(1'000'000, '\x01');
  const std::size_t bytes = record({"XADD", "s", "*", "a", value, "b", value}, 5000).size();
  EXPECT_GT(bytes, 5000U);
  EXPECT_LT(bytes, 5000U + 6 * 4096 + 64);
}

}  // namespace
}  // namespace crawlspool::redis
