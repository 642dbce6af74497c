#include "daemon/json/record_checker.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <iterator>
#include <random>
#include <string>
#include <string_view>

#include "proto/frame_decoder.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();  // g++ 12 has it, without a header
#define CRAWLSPOOL_SANITIZED_ALLOCATOR
#endif

namespace crawlspool::json {
namespace {

using namespace std::string_literals;

constexpr std::size_t kDepthMax = 200;

std::string verdict(RecordChecker& checker, const std::string& record) {
  // On the heap and no longer than promised, so that a sanitizer sees a look beyond.
  std::string padded = record + std::string(proto::FrameDecoder::kPaddingBytes, '1');
  padded.shrink_to_fit();
  const auto reason = checker.check(std::string_view(padded).substr(0, record.size()));
  if (!reason) return "sound";
  std::string text(proto::word(reason->code));
  if (reason->offset) text += " at " + std::to_string(*reason->offset);
  return text;
}

std::string verdict(const std::string& record) {
  RecordChecker checker(kDepthMax);
  RecordChecker without_places(kDepthMax, 0);  // as for a large record
  const std::string text = verdict(checker, record);
  EXPECT_EQ(verdict(without_places, record), text) << record.substr(0, 200);
  return text;
}

std::string nested(std::size_t depth, const std::string& innermost = "") {
  return std::string(depth, '[') + innermost + std::string(depth, ']');
}

std::size_t allocated_bytes() {
#ifdef CRAWLSPOOL_SANITIZED_ALLOCATOR
  return __sanitizer_get_current_allocated_bytes();
#else
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
#endif
}

TEST(RecordChecker, TakesEveryKindOfJson) {
  for (const std::string& record :
       {"null"s, "true"s, "false"s, "0"s, "-0"s, "1.5e-3"s, "\"\""s, "[]"s, "{}"s, "[[],{}]"s, " 1 "s,
        "\r\n[\t1\n]\r\n"s, R"({"a":1,"a":2})"s, R"({"":{"b":[null,true,"x"]}})"s, R"("\"\\\/\b\f\n\r\t\u0000\u00e9")"s,
        R"("\ud83d\ude00")"s, "\"\xf0\x9f\x98\x80\xe2\x80\xa8\x7f\""s, "\"\xef\xbb\xbf\""s, R"("// no comment")"s})
    EXPECT_EQ(verdict(record), "sound") << record;
}

TEST(RecordChecker, JudgesALargeRecordAsItWouldASmallOne) {
  constexpr std::string_view kPieces[] = {"{",       "}",     "[",    "]",    ":",    ",",       "\"",  "\\",
                                          "\\\"",    "\"a\"", "1",    "tr",   "true", "-",       " ",   "\n",
                                          "\t",      "\xff",  "\x01", "\xc3", "\xa9", "{\"a\":", "[1,", "\"x\\u12",
                                          "\\ud83d", "null",  "0",    "",     "\\n"};
  std::minstd_rand random(8);  // NOLINT(cert-msc51-cpp,cert-msc32-c): the same records in each run
  for (int round = 0; round < 20'000; ++round) {
    std::string record;
    for (auto left = random() % 12 + 1; left > 0; --left) record += kPieces[random() % std::size(kPieces)];
    static_cast<void>(verdict(record));
  }
}

TEST(RecordChecker, TakesNumbersBeyondAnyRange) {
  for (const std::string& number : {"18446744073709551615"s, "18446744073709551616"s, "-9223372036854775809"s, "1e308"s,
                                    "1e309"s, "1e400"s, "-1e400"s, "1e-400"s, std::string(1000, '9'),
                                    "0." + std::string(500, '0') + "1", "-" + std::string(400, '1') + ".5e-12"}) {
    EXPECT_EQ(verdict(number), "sound") << number;
    EXPECT_EQ(verdict("[" + number + ",{\"n\":" + number + "}]"), "sound") << number;
  }
}

TEST(RecordChecker, WhatStandsBesideANumberBeyondRangeIsStillJudged) {
  for (const std::string& record :
       {"[1e400,]"s, "[1e400 1]"s, "1e400x"s, "1e400e1"s, "[1e400,01]"s, "[1e400,\"\\ud800\"]"s, "1e400\0"s,
        "\xef\xbb\xbf"s + "1e400", "[1e400,nul]"s, "[1e400"s, "[1e400]]"s, "{1e400:1}"s, "[1e400,\"\n\"]"s,
        std::string(400, '9') + "."})
    EXPECT_EQ(verdict(record).substr(0, 12), "invalid_json") << record;
  EXPECT_EQ(verdict("[1e400,\"\xff\"]"), "invalid_utf8 at 8");
  EXPECT_EQ(verdict("[1e400,2.]"), "invalid_json at 7");
}

TEST(RecordChecker, RefusesWhatIsNoJson) {
  for (const std::string& record : {" "s,
                                    "\n"s,
                                    "["s,
                                    "]"s,
                                    "[1,]"s,
                                    "[1 2]"s,
                                    "{\"a\"}"s,
                                    "{\"a\":1,}"s,
                                    "{a:1}"s,
                                    "1 2"s,
                                    "{}{}"s,
                                    "nul"s,
                                    "nulll"s,
                                    "NaN"s,
                                    "Infinity"s,
                                    "-Infinity"s,
                                    "01"s,
                                    "+1"s,
                                    "1."s,
                                    ".5"s,
                                    "1e"s,
                                    "0x1"s,
                                    "'a'"s,
                                    "\"a"s,
                                    "\"\t\""s,
                                    "\"\\x41\""s,
                                    "\"\\u12\""s,
                                    "// c\n1"s,
                                    "[1}"s,
                                    "\"\\"s,
                                    "\x1a"s,
                                    "[1\x0c]"s,
                                    "\xc2\xa0"
                                    "1"s})
    EXPECT_EQ(verdict(record).substr(0, 12), "invalid_json") << record;
}

TEST(RecordChecker, NulIsNoEndAndNoWhiteSpace) {
  for (const std::string& record : {"1\0"s, "\0"s, "\0001"s, "{}\0{}"s, "[\0]"s, "\"\0\""s, "[1]\0\0\0"s})
    EXPECT_EQ(verdict(record).substr(0, 12), "invalid_json");
}

TEST(RecordChecker, AByteOrderMarkIsNamed) {
  EXPECT_EQ(verdict("\xef\xbb\xbf{}"), "invalid_json at 0");
  RecordChecker checker(kDepthMax);
  const std::string record = "\xef\xbb\xbf{}" + std::string(proto::FrameDecoder::kPaddingBytes, ' ');
  const auto reason = checker.check(std::string_view(record).substr(0, 5));
  ASSERT_TRUE(reason);
  EXPECT_EQ(reason->detail, "a byte order mark at byte 0");
  EXPECT_EQ(verdict("1\xef\xbb\xbf").substr(0, 12), "invalid_json");
}

TEST(RecordChecker, HalfASurrogatePairIsNoText) {
  for (const std::string half : {R"(\ud800)", R"(\udbff)", R"(\udc00)", R"(\udfff)", R"(\ud800x)", R"(\ud800\u0041)",
                                 R"(\ud800\ud800)", R"(\udc00\ud800)", R"(\uD83D\n)"}) {
    EXPECT_EQ(verdict('"' + half + '"').substr(0, 12), "invalid_json") << half;
    EXPECT_EQ(verdict("{\"" + half + "\":1}").substr(0, 12), "invalid_json") << half;
  }
}

TEST(RecordChecker, BadUtf8IsNamedWithItsPlace) {
  EXPECT_EQ(verdict("\"abc\xff\""), "invalid_utf8 at 4");
  EXPECT_EQ(verdict("\"\xc3\xa9\xc0\x80\""), "invalid_utf8 at 3");
  for (const std::string bytes :
       {"\x80", "\xc2", "\xc3(", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80"})
    EXPECT_EQ(verdict('"' + bytes + '"'), "invalid_utf8 at 1");
}

TEST(RecordChecker, AnEmptyRecordIsItsOwnCase) { EXPECT_EQ(verdict(""), "empty_record"); }

TEST(RecordChecker, SaysWhereTheTroubleBegins) {
  EXPECT_EQ(verdict("[1,x]"), "invalid_json at 3");
  EXPECT_EQ(verdict(R"({"a":1 "b":2})").substr(0, 16), "invalid_json at ");
  const std::string cut = "[1,2";
  EXPECT_EQ(verdict(cut), "invalid_json at " + std::to_string(cut.size()));
  EXPECT_EQ(verdict('"' + std::string(100'000, 'x')), "invalid_json at 100001");
  EXPECT_EQ(verdict("[\"a\\\"\\\\\",\"b\n\"]"), "invalid_json at 11");
  EXPECT_EQ(verdict("[\"\\\n\"]"), "invalid_json at 3");
  EXPECT_EQ(verdict("{\"a\":1,2}"), "invalid_json at 7");
  EXPECT_EQ(verdict("[1]]"), "invalid_json at 3");
  EXPECT_EQ(verdict("[\"\\n\\x\"]"), "invalid_json at 4");
}

TEST(RecordChecker, DepthCountsWhatIsOpenAtOnceWhateverIsInnermost) {
  for (const std::size_t depth_max : {1U, 2U, 3U, 200U, 1000U}) {
    RecordChecker checker(depth_max);
    for (const std::string innermost : {"", "1", "\"x\"", "1e400", "null", "1,2"}) {
      EXPECT_EQ(verdict(checker, nested(depth_max, innermost)), "sound") << depth_max << " " << innermost;
      EXPECT_EQ(verdict(checker, nested(depth_max + 1, innermost)), "too_deep") << depth_max << " " << innermost;
    }
    EXPECT_EQ(verdict(checker, nested(depth_max - 1, "{}")), "sound") << depth_max;
    EXPECT_EQ(verdict(checker, nested(depth_max - 1, "{\"a\":1}")), "sound") << depth_max;
    EXPECT_EQ(verdict(checker, nested(depth_max, "{}")), "too_deep") << depth_max;
    EXPECT_EQ(verdict(checker, nested(depth_max, "{\"a\":1}")), "too_deep") << depth_max;
    const std::string inner = depth_max == 1 ? "1" : nested(depth_max - 1);
    std::string wide = "[" + inner;
    for (int i = 0; i < 20; ++i) wide += "," + inner;
    EXPECT_EQ(verdict(checker, wide + "]"), "sound") << depth_max;
  }
}

TEST(RecordChecker, BracketsInStringsAreNoDepth) {
  EXPECT_EQ(verdict("[\"" + std::string(1000, '[') + "\\\"" + std::string(1000, '{') + "\"]"), "sound");
  EXPECT_EQ(verdict("[\"\\\\\"," + nested(199) + "]"), "sound");
  EXPECT_EQ(verdict("[\"\\\\\"," + nested(200) + "]"), "too_deep");
}

TEST(RecordChecker, WhatIsTooDeepAndBrokenIsRefusedQuickly) {
  EXPECT_EQ(verdict(std::string(1'000'000, '[')), "too_deep");
  EXPECT_EQ(verdict(std::string(1'000'000, ']')).substr(0, 12), "invalid_json");
  EXPECT_EQ(verdict(std::string(200, '[')).substr(0, 12), "invalid_json");
}

TEST(RecordChecker, OneVerdictLeavesNothingBehindForTheNext) {
  RecordChecker checker(kDepthMax);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(verdict(checker, "[1,2,{\"a\":\"b\"}]"), "sound");
    EXPECT_EQ(verdict(checker, nested(201)), "too_deep");
    EXPECT_EQ(verdict(checker, nested(200)), "sound");
    EXPECT_EQ(verdict(checker, "1e400"), "sound");
    EXPECT_EQ(verdict(checker, "[1"), "invalid_json at 2");
    EXPECT_EQ(verdict(checker, nested(201)), "too_deep");
  }
}

TEST(RecordChecker, GivesTheMemoryOfALargeRecordBack) {
  RecordChecker checker(kDepthMax);
  ASSERT_EQ(verdict(checker, "1"), "sound");
  const std::size_t before = allocated_bytes();
  ASSERT_EQ(verdict(checker, "[" + std::string(7'000'000, ' ') + "]"), "sound");
  ASSERT_EQ(verdict(checker, "[" + std::string(7'000'000, ' ') + "1e400]"), "sound");
  ASSERT_NE(verdict(checker, "[" + std::string(7'000'000, ' ') + "}"), "sound");
  EXPECT_LT(allocated_bytes(), before + 4'000'000);
}

}  // namespace
}  // namespace crawlspool::json
