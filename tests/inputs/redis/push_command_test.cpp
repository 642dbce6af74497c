#include "daemon/inputs/redis/push_command.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace crawlspool::redis {
namespace {

using Parts = std::vector<std::string_view>;

// What becomes of an entry in some charset.
struct InCharset {
  explicit InCharset(std::string_view name, bool replaces = false) : decoding{*proto::find_charset(name), replaces} {}

  std::string record(const Parts& parts, std::uint64_t record_bytes_max = 1000) {
    const auto entry = read_xadd(parts);
    if (!entry) return "error: " + entry.error();
    intake::Transcoder transcoder(charsets, memory);
    intake::TurnBudget budget;
    FieldDecoder decoder(decoding, transcoder, budget, record_bytes_max);
    std::string made;
    const EntryRecord record = record_of(*entry, record_bytes_max, 64, decoder, made);
    is_made = record.is_made;
    has_decoded = decoder.has_decoded();
    replaced = decoder.replaced();
    return std::string(record.text);
  }

  proto::Decoding decoding;
  intake::Charsets charsets;
  commit::MemoryBudget all_memory{64 << 20, 1 << 20};
  commit::MemoryAccount memory{all_memory};
  bool is_made = false;
  bool has_decoded = false;
  std::uint64_t replaced = 0;
};

std::string record(const Parts& parts, std::uint64_t record_bytes_max = 1000) {
  return InCharset("utf-8").record(parts, record_bytes_max);
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

// The second byte of 昞 is that of a backslash, which would be doubled.
TEST(PushCommand, OfAnotherCharsetTheObjectIsMadeOfDecodedTexts) {
  InCharset gbk("gbk");
  EXPECT_EQ(gbk.record({"XADD", "s", "*", "\xb1\xb1", "\x95\x5c\"", "plain", "\\"}), R"({"北":"昞\"","plain":"\\"})");
  EXPECT_TRUE(gbk.is_made && gbk.has_decoded);
  EXPECT_EQ(gbk.record({"XADD", "s", "*", "a", "1"}), R"({"a":"1"})");
  EXPECT_TRUE(gbk.is_made && !gbk.has_decoded);
  EXPECT_EQ(gbk.record({"XADD", "s", "*", "item", "\"\x95\x5c\""}), "\"\x95\x5c\"") << "the writer's to decode";
  EXPECT_FALSE(gbk.is_made);
}

TEST(PushCommand, WhatCannotBeDecodedIsTheRecordThatIsRefused) {
  InCharset gbk("gbk");
  EXPECT_EQ(gbk.record({"XADD", "s", "*", "a", "1", "b", "\x81\n"}), "\x81\n");
  EXPECT_FALSE(gbk.is_made);
  InCharset replacing("gbk", true);
  EXPECT_EQ(replacing.record({"XADD", "s", "*", "a", "\xff!"}), "{\"a\":\"\xef\xbf\xbd!\"}");
  EXPECT_TRUE(replacing.is_made);
  EXPECT_EQ(replacing.replaced, 1U);
}

}  // namespace
}  // namespace crawlspool::redis
