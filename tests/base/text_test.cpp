#include "daemon/base/text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace crawlspool::base {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  append_json_escaped(out, text);
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out;
  append_base64(out, bytes);
  return out;
}

TEST(Text, PlainAndForeignTextIsLeftAlone) {
  EXPECT_EQ(escaped("worker-7 / ünïcödé 漢字 🕷"), "worker-7 / ünïcödé 漢字 🕷");
}

TEST(Text, QuotesBackslashesAndControlsAreEscaped) {
  EXPECT_EQ(escaped("\"\\"), "\\\"\\\\");
  EXPECT_EQ(escaped("a\nb\r\t\x1b[31m\x7f"), "a\\u000ab\\u000d\\u0009\\u001b[31m\\u007f");
  EXPECT_EQ(escaped(std::string_view("\0", 1)), "\\u0000");
  EXPECT_EQ(escaped("\xC2\x85"), "\\u0085");
}

TEST(Text, LineSeparatorsAndBidirectionalMarksAreEscaped) {
  EXPECT_EQ(escaped("\u2028\u2029"), "\\u2028\\u2029");
  EXPECT_EQ(escaped("\u202E\u2066\u200F\u061C\uFEFF\u2069\u202C"), "\\u202e\\u2066\\u200f\\u061c\\ufeff\\u2069\\u202c");
}

TEST(Text, EachByteThatIsNoUtf8BecomesAReplacement) {
  EXPECT_EQ(escaped("a\xff\xfe"), "a\\ufffd\\ufffd");
  EXPECT_EQ(escaped("\xC0\xAF"), "\\ufffd\\ufffd");             // overlong
  EXPECT_EQ(escaped("\xED\xA0\x80"), "\\ufffd\\ufffd\\ufffd");  // a surrogate
  EXPECT_EQ(escaped("\xE6\xBC"), "\\ufffd\\ufffd");             // cut short
}

TEST(Text, EscapedBytesAreAlwaysAJsonString) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string bytes{static_cast<char>(first), static_cast<char>(second)};
      EXPECT_TRUE(nlohmann::json::accept("\"" + escaped(bytes) + "\"")) << first << " " << second;
    }
  }
}

TEST(Text, Utf8CharactersAreMeasuredByTheRfc) {
  EXPECT_EQ(utf8_character_bytes(""), 0U);
  EXPECT_EQ(utf8_character_bytes("a"), 1U);
  EXPECT_EQ(utf8_character_bytes("é"), 2U);
  EXPECT_EQ(utf8_character_bytes("漢"), 3U);
  EXPECT_EQ(utf8_character_bytes("🕷"), 4U);
  EXPECT_EQ(utf8_character_bytes("\xF4\x8F\xBF\xBF"), 4U);  // U+10FFFF
  for (const char* bad : {"\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
                          "\xF5\x80\x80\x80", "\xFF", "\xC2", "\xE2\x82", "\xF0\x9F\x95", "\xC2\x41"})
    EXPECT_EQ(utf8_character_bytes(bad), 0U) << escaped(bad);
}

TEST(Text, ClipNeverCutsACharacter) {
  const std::string_view text = "aé漢🕷";  // 1 + 2 + 3 + 4 bytes
  EXPECT_EQ(clip(text, 100), text);
  EXPECT_EQ(clip(text, 10), text);
  EXPECT_EQ(clip(text, 9), "aé漢");
  EXPECT_EQ(clip(text, 6), "aé漢");
  EXPECT_EQ(clip(text, 5), "aé");
  EXPECT_EQ(clip(text, 2), "a");
  EXPECT_EQ(clip(text, 0), "");
}

TEST(Text, Base64HasTheRfcsVectors) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xff\xfe\xfd\xfb"), "//79+w==");
}

TEST(Text, Base64ComesBackAsItWas) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    std::string text;
    append_base64(text, bytes);
    EXPECT_EQ(decode_base64(text), bytes);
    bytes += static_cast<char>(i * 7);
  }
}

TEST(Text, PercentsStandForBytesAndComeBack) {
  EXPECT_EQ(decode_percents("a%20b%C3%a9"), "a b\xc3\xa9");
  EXPECT_EQ(encode_path("/a b%?#\xc3\xa9~"), "/a%20b%25%3F%23%C3%A9~");
  EXPECT_EQ(decode_percents(encode_path("/a b%?#\xc3\xa9~")), "/a b%?#\xc3\xa9~");
  for (const char* const bad : {"%", "%4", "%zz", "a b", "\xc3"}) EXPECT_FALSE(decode_percents(bad)) << bad;
}

TEST(Text, WhatIsNotOurBase64IsRefused) {
  for (const char* text : {"A", "AB", "ABC", "AB=", "AA=A", "AB==", "A===", "AAAA=", "AAA\n", "AA-_", "QQ==QQ=="})
    EXPECT_FALSE(decode_base64(text)) << text;
}

}  // namespace
}  // namespace crawlspool::base
