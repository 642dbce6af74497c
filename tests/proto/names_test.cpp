#include "proto/names.h"

#include <gtest/gtest.h>

#include <string>

#include "proto/stream_characters.h"

namespace crawlspool::proto {
namespace {

TEST(StreamName, IsOfAnyScript) {
  for (const char* name : {"a", "a/b:c._-", "größe", "цитаты", "引文", "引文/今日", "الاقتباسات", "उद्धरण", "🕷",
                           "e\u0301", "\"", "\\", "{\"a\":1}", "100%", "a,b;c=d", "<b>", "\u0378", "\U000323B0"})
    EXPECT_TRUE(is_stream_name(name)) << name;
}

TEST(StreamName, HasNoControlFormatPrivateOrSeparatorCharacters) {
  for (const std::string_view name :
       {" ",          "a b",        "a\tb",       "a\n",        "\x7F",      "a\u0085", "\u00A0", "\u00AD",
        "\u061C",     "\u1680",     "\u2003",     "\u200B",     "a\u200Db",  "\u2028",  "\u2029", "\u2060",
        "\u3000",     "\uE000",     "\uF8FF",     "\uFDD0",     "\uFEFF",    "\uFFF9",  "\uFFFE", "\U000110BD",
        "\U0001D173", "\U0001FFFF", "\U000E0041", "\U000F0000", "\U0010FFFF"})
    EXPECT_FALSE(is_stream_name(name)) << name;
  EXPECT_FALSE(is_stream_name({"a\0b", 3}));
  for (const std::string& turns_the_direction :
       {std::string{'\xE2', '\x80', '\xAE'}, std::string{'\xE2', '\x81', '\xA6'}})
    EXPECT_FALSE(is_stream_name(turns_the_direction));
}

TEST(StreamName, IsUtf8) {
  for (const char* name :
       {"\x80", "a\xC3", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF", "\xE4"})
    EXPECT_FALSE(is_stream_name(name));
}

TEST(StreamName, EndsAt128Bytes) {
  EXPECT_FALSE(is_stream_name(""));
  EXPECT_TRUE(is_stream_name(std::string(128, 'a')));
  EXPECT_FALSE(is_stream_name(std::string(129, 'a')));
  std::string name;
  for (int i = 0; i < 42; ++i) name += "引";
  EXPECT_TRUE(is_stream_name(name + "ab"));
  EXPECT_FALSE(is_stream_name(name + "引"));
}

TEST(StreamName, TheTableRisesWithoutOverlap) {
  std::uint32_t next = 0;
  for (const CodePoints& row : kNotInStreamNames) {
    EXPECT_LE(next, row.first);
    EXPECT_LE(row.first, row.last);
    next = row.last + 2;
  }
}

TEST(ClientName, IsOfPlainLettersOnly) {
  EXPECT_TRUE(is_client_name("aZ0._-:"));
  for (const char* name : {"", "a/b", "a b", "ä", "引", "\""}) EXPECT_FALSE(is_client_name(name)) << name;
}

}  // namespace
}  // namespace crawlspool::proto
