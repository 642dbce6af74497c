#include "daemon/ingest/json_numbers.h"

#include <gtest/gtest.h>

#include <string>

namespace crawlspool::ingest {
namespace {

std::string flattened(std::string json) {
  const auto bad = flatten_numbers(json);
  return bad ? "bad at " + std::to_string(*bad) : json;
}

TEST(JsonNumbers, TakesWhatRfc8259Allows) {
  for (const std::string number : {"0",
                                   "-0",
                                   "7",
                                   "-7",
                                   "10",
                                   "1234567890",
                                   "0.0",
                                   "0.5",
                                   "-0.5",
                                   "1.25",
                                   "10.01",
                                   "0e0",
                                   "0E0",
                                   "1e1",
                                   "1E1",
                                   "1e+1",
                                   "1e-1",
                                   "1E+01",
                                   "0e00",
                                   "1.5e3",
                                   "-1.5E-30",
                                   "1e400",
                                   "-1e-400",
                                   "0.000e999",
                                   "18446744073709551616",
                                   "-9223372036854775809",
                                   "123456789012345678901234567890.123456789e1234567890"}) {
    for (const std::string& json : {number, "[" + number + "]", "[" + number + ", " + number + "\n]",
                                    "{\"a\":" + number + "}", " " + number + "\t", number + "\r\n"})
      EXPECT_EQ(flattened(json).find("bad"), std::string::npos) << json;
  }
}

TEST(JsonNumbers, RefusesWhatItDoesNot) {
  for (const std::string number :
       {"-",   "--1", "-a",  "01",     "-01",   "00",   "1.",    "1.e1",      "-1.",  "1.a",   "0.",    "1e",
        "1E",  "1e+", "1e-", "1e1.5",  "1.5.5", "1ee1", "1e+-1", "1a",        "0x1F", "1_0",   "1+1",   "1-1",
        "- 1", "-.5", "1f",  "1\"a\"", "1[",    "1{",   "1:",    "-Infinity", "-NaN", "1\x01", "1\x0c", "1\xc2\xa0"}) {
    EXPECT_EQ(flattened(number), "bad at 0") << number;
    EXPECT_EQ(flattened("[1, " + number + "]"), "bad at 4") << number;
  }
  EXPECT_EQ(flattened(std::string("1\0", 2)), "bad at 0");
  EXPECT_EQ(flattened("1."), "bad at 0");
}

TEST(JsonNumbers, PutsZeroForEachAndKeepsLengthAndOffsets) {
  EXPECT_EQ(flattened("1e400"), "0    ");
  EXPECT_EQ(flattened("[-12.5e+3,7,{\"n\":99}]"), "[0       ,0,{\"n\":0 }]");
  EXPECT_EQ(flattened("true"), "true");
  EXPECT_EQ(flattened(""), "");
}

TEST(JsonNumbers, LeavesStringsAlone) {
  for (const std::string json : {R"("01")", R"(["1e","\"-","\\"])", R"({"1.":"-x"})", R"("\\\"01")", R"("\u00e9 1.")"})
    EXPECT_EQ(flattened(json), json);
  EXPECT_EQ(flattened(R"(["\\",01])"), "bad at 6");
  EXPECT_EQ(flattened(R"(["\"",12])"), R"(["\"",0 ])");
}

TEST(JsonNumbers, StopsAtTheEndOfBrokenStrings) {
  for (const std::string json : {"\"", "\"1", "\"\\", "[1,\"\\\"", "\"\\\\"})
    EXPECT_EQ(flattened(json).size(), json.size());
}

}  // namespace
}  // namespace crawlspool::ingest
