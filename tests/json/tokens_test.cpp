#include "daemon/json/tokens.h"

#include <gtest/gtest.h>

#include <string>

namespace crawlspool::json {
namespace {

TEST(JsonTokens, TakesTheScalarsOfRfc8259AndNumbersOfAnySize) {
  for (const std::string scalar : {"true",
                                   "false",
                                   "null",
                                   "0",
                                   "-0",
                                   "7",
                                   "-7",
                                   "10",
                                   "1234567890",
                                   "0.0",
                                   "-0.5",
                                   "1.25",
                                   "10.01",
                                   "0e0",
                                   "0E0",
                                   "1e+1",
                                   "1e-1",
                                   "1E+01",
                                   "0e00",
                                   "-1.5E-30",
                                   "1e400",
                                   "-1e-400",
                                   "0.000e999",
                                   "18446744073709551616",
                                   "-9223372036854775809",
                                   "123456789012345678901234567890.123456789e1234567890"})
    for (const std::string behind : {"", ",", "]", "}", " ", "\t", "\r", "\n", "]x"}) {
      EXPECT_TRUE(is_scalar(scalar + behind, 0)) << scalar << behind;
      EXPECT_TRUE(is_scalar("[1, " + scalar + behind, 4)) << scalar << behind;
    }
}

TEST(JsonTokens, RefusesWhatIsNone) {
  for (const std::string text :
       {"-",   "--1", "-a",   "01",     "-01",    "00",     "1.",    "1.e1",      "-1.",  "1.a",   "0.",    "1e",
        "1E",  "1e+", "1e-",  "1e1.5",  "1.5.5",  "1ee1",   "1e+-1", "1a",        "0x1F", "1_0",   "1+1",   "1-1",
        "- 1", "-.5", "1f",   "1\"a\"", "1[",     "1{",     "1:",    "-Infinity", "-NaN", "1\x01", "1\x0c", "1\xc2\xa0",
        "tru", "nul", "TRUE", "nulll",  "falsey", "true\"", "null:", ".5",        "+1",   "x",     "]",     "\\"}) {
    EXPECT_FALSE(is_scalar(text, 0)) << text;
    EXPECT_FALSE(is_scalar("[1, " + text, 4)) << text;
  }
  EXPECT_FALSE(is_scalar(std::string("1\0", 2), 0));
}

// A long run of plain bytes is passed over several at a time: what ends it is found at each of their places.
TEST(JsonTokens, FindsWhatEndsARunOfPlainBytesWhereverItStands) {
  for (std::size_t plain = 0; plain < 40; ++plain) {
    const std::string run(plain, '\xc3');  // 128 and more, so that no byte is taken for a control character
    const std::string text = '"' + run;
    EXPECT_EQ(string_fault(text + '"'), std::nullopt) << plain;
    EXPECT_EQ(string_fault(text), text.size()) << plain;
    for (const char control : {'\0', '\n', '\x1f'}) {
      EXPECT_EQ(string_fault(text + control + run + '"'), text.size()) << plain;
      EXPECT_EQ(string_fault(text + "\\" + control + run + '"'), text.size() + 1) << plain;
    }
    EXPECT_EQ(string_fault(text + "\x20\x7f\x80\xff" + run + '"'), std::nullopt) << plain;
    EXPECT_EQ(string_fault(text + "\\\"" + run + '"'), std::nullopt) << plain;
    EXPECT_EQ(string_fault(text + "\\\"" + run), text.size() + 2 + plain) << plain;
    bool has_fault = false;
    EXPECT_EQ(next_token(text + '"' + ",1", 0, has_fault), plain + 2);
    EXPECT_EQ(next_token(text + "\\\"" + run + '"' + " ,1", 0, has_fault), plain + 2 + plain + 3);
    EXPECT_EQ(next_token(text + "\\\\" + '"' + ",1", 0, has_fault), plain + 4);
    EXPECT_FALSE(has_fault) << plain;
    for (const std::string& bad : {text, text + "\\\"", text + '\n' + '"', text + "\\\n\"", text + '\\'}) {
      bool has_bad = false;
      static_cast<void>(next_token(bad, 0, has_bad));
      EXPECT_TRUE(has_bad) << plain << ": " << bad;
      EXPECT_TRUE(string_fault(bad)) << plain << ": " << bad;
    }
  }
}

TEST(JsonTokens, WhatStandsBehindTheTextHasNoPart) {
  const std::string padded = "nulltrue12.5";
  EXPECT_TRUE(is_scalar(std::string_view(padded).substr(0, 4), 0));
  EXPECT_FALSE(is_scalar(std::string_view(padded).substr(0, 3), 0));
  EXPECT_TRUE(is_scalar(std::string_view(padded).substr(0, 10), 8));
  EXPECT_FALSE(is_scalar(std::string_view(padded).substr(0, 11), 8));
}

TEST(JsonTokens, FindsWhereAStringGoesWrong) {
  EXPECT_EQ(first_string_fault("[\"a\n\"]"), 3U);
  EXPECT_EQ(first_string_fault("[\n\"a\",\"b\\\"]"), 11U);
  EXPECT_EQ(first_string_fault("\"\\"), 2U);
  EXPECT_EQ(first_string_fault("\"\\\t\""), 2U);
}

}  // namespace
}  // namespace crawlspool::json
