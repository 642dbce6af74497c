#include "cli/common/input_kind.h"

#include <gtest/gtest.h>

#include <vector>

namespace crawlspool::cli {
namespace {

using namespace std::string_view_literals;

std::string remedy_of(std::string_view first, bool is_all = true) {
  const auto kind = foreign_kind(first, is_all, "F");
  return kind ? kind->remedy : "records";
}

TEST(InputKind, CompressedFilesAreToldApart) {
  EXPECT_EQ(remedy_of("\x1f\x8b\x08\0"sv), "zcat F | crawlspool send -");
  EXPECT_EQ(remedy_of("\x28\xb5\x2f\xfd..."sv), "zstdcat F | crawlspool send -");
  EXPECT_EQ(remedy_of("\xfd\x37zXZ\0.."sv), "xzcat F | crawlspool send -");
  EXPECT_EQ(remedy_of("BZh91AY"), "bzcat F | crawlspool send -");
  EXPECT_EQ(remedy_of("PK\3\4..."), "unzip -p F | crawlspool send -");
  EXPECT_EQ(remedy_of("\xff\xfe{\0"sv), "iconv -f UTF-16 -t UTF-8 F | crawlspool send -");
}

TEST(InputKind, AnArrayOfRecordsIsNoRecords) {
  const std::string remedy = "jq -c '.[]' F | crawlspool send -";
  for (const std::string_view first :
       {"[\n  {\"a\": 1},\n  {\"a\": 2}\n]\n", "[{\"a\":1},\n{\"a\":2}]\n", "[{\"a\":1},{\"a\":2}]", "[{\"a\":1}]\n\n",
        "\xef\xbb\xbf[\n{\"a\":1}\n]", "\n[ {\n"})
    EXPECT_EQ(remedy_of(first), remedy) << first;
}

TEST(InputKind, OneTextOverSeveralLinesIsNoRecords) {
  for (const std::string_view first : {"{\n  \"a\": 1\n}\n", "{\"a\": [\n1]}\n", "{\"a\":1,\n\"b\":2}", "{\n"})
    EXPECT_EQ(remedy_of(first), "jq -c . F | crawlspool send -") << first;
}

TEST(InputKind, ATableIsNoRecords) {
  for (const std::string_view first :
       {"url,title\nhttps://a,A\n", "\"url\",\"title\"\n\"https://a\",\"A\"\n", "a,b\n1,2\n"})
    EXPECT_NE(remedy_of(first, false).find("csv.DictReader(sys.stdin)]' <F |"), std::string::npos) << first;
  EXPECT_NE(remedy_of("url\ttitle\nx\ty\n").find(R"(delimiter="\t")"), std::string::npos);
  EXPECT_NE(remedy_of("url;title\nx;y\n").find(R"(delimiter=";")"), std::string::npos);
}

TEST(InputKind, RecordsOfEveryKindPass) {
  for (const std::string_view first :
       {"{\"a\":1}\n{\"a\":2}\n", "{\"a\":1}", "[1,2]\n[3,4]\n", "[{\"a\":1}]\n[{\"a\":2}]\n", "[]\n", "[1]\n",
        "1\n2\n", "\"a,b\"\n\"c,d\"\n", "\"a\"\n", "null\n", "true\n", "", "\n\n", " {\"a\":1}\r\n{\"b\":2}\r\n",
        "\xef\xbb\xbf{}\n"})
    EXPECT_EQ(remedy_of(first), "records") << first;
}

TEST(InputKind, WhatCannotBeToldIsLeftToTheDaemon) {
  for (const std::string_view first : {"{bad\n{}\n", "hello\nworld\n", "hello, world\n{\"a\":1,\"b\":2}\n",
                                       "{\"a\":[\n{}\n", "hello, world\n", "\"a\n", "{\"a\":1"})
    EXPECT_EQ(remedy_of(first), "records") << first;
}

TEST(InputKind, NoMoreLinesAreWaitedForThanItTakes) {
  EXPECT_TRUE(is_judgeable("{}\n", false));
  EXPECT_TRUE(is_judgeable("\n\n{}\n", false));
  EXPECT_TRUE(is_judgeable("\x1f\x8b", false));
  EXPECT_TRUE(is_judgeable("", true));
  EXPECT_TRUE(is_judgeable(std::string(kFirstBytesMax, '{'), false));
  EXPECT_TRUE(is_judgeable("a,b\n1,2\n", false));
  EXPECT_TRUE(is_judgeable("{\n\"a\":1\n", false));
  for (const std::string_view first :
       {"", "\n", "a,b\n", "a,b\n1,", "{\n", "{", "\x1f", "\xef\xbb", "\x28\xb5", "\xef\xbb\xbf{}"})
    EXPECT_FALSE(is_judgeable(first, false)) << first;
}

}  // namespace
}  // namespace crawlspool::cli
