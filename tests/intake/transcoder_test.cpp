#include "daemon/intake/transcoder.h"

#include <gtest/gtest.h>

#include <string>

#include "proto/frame_decoder.h"

namespace crawlspool::intake {
namespace {

using Outcome = Transcoder::Outcome;

constexpr std::uint64_t kPlenty = 1 << 20;

proto::Decoding of(std::string_view charset, bool replaces = false) {
  return {proto::find_charset(charset).value(), replaces};
}

class TranscoderTest : public testing::Test {
 protected:
  std::string text_of(const proto::Decoding& decoding, std::string_view record) {
    const auto decoded = transcoder.decode(decoding, record, kPlenty);
    EXPECT_TRUE(decoded.outcome == Outcome::kDecoded || decoded.outcome == Outcome::kUnchanged);
    return std::string(decoded.text);
  }
  std::size_t bad_offset(std::string_view charset, std::string_view record) {
    const auto decoded = transcoder.decode(of(charset), record, kPlenty);
    EXPECT_EQ(decoded.outcome, Outcome::kUndecodable);
    return decoded.offset;
  }

  Charsets charsets;
  commit::MemoryBudget memory{64 << 20, 1 << 20};
  commit::MemoryAccount account{memory};
  Transcoder transcoder{charsets, account};
};

TEST_F(TranscoderTest, EveryCharsetOfTheTableIsThere) { EXPECT_EQ(charsets.missing(), ""); }

TEST_F(TranscoderTest, AsciiIsHandedBackWhereItLies) {
  const std::string record(1000, 'x');
  const auto decoded = transcoder.decode(of("gb18030"), record, kPlenty);
  EXPECT_EQ(decoded.outcome, Outcome::kUnchanged);
  EXPECT_EQ(decoded.text.data(), record.data());
}

TEST_F(TranscoderTest, EachCharsetBecomesUtf8) {
  EXPECT_EQ(text_of(of("gbk"), "{\"a\":\"\xD6\xD0\xCE\xC4\"}"), "{\"a\":\"中文\"}");
  EXPECT_EQ(text_of(of("gb18030"), "\x81\x30\x84\x36 \x95\x32\x82\x36"), "¥ 𠀀");
  EXPECT_EQ(text_of(of("big5"), "\xA4\xA4\xA4\xE5"), "中文");
  EXPECT_EQ(text_of(of("shift_jis"), "\\ \x83\x5C \xB1"), "\\ ソ ｱ") << "a second byte may be a backslash's";
  EXPECT_EQ(text_of(of("euc-jp"), "\xC6\xFC \x8E\xB1 \x8F\xB0\xA1"), "日 ｱ 丂");
  EXPECT_EQ(text_of(of("euc-kr"), "\xC7\xD1\xB1\xDB"), "한글");
  EXPECT_EQ(text_of(of("windows-1251"), "\xD6\xE8\xF2\xE0\xF2\xE0"), "Цитата");
  EXPECT_EQ(text_of(of("iso-8859-15"), "\xA4"), "€");
}

TEST_F(TranscoderTest, AComposingCodecLeavesNothingForTheNextRecord) {
  EXPECT_EQ(text_of(of("windows-1258"), "a\xCC"), "a\u0300") << "a letter and its mark stay two, as they were sent";
  EXPECT_EQ(text_of(of("windows-1258"), "\xCC"), "\u0300");
}

TEST_F(TranscoderTest, TheOffsetOfWhatIsWrongIsThatInTheRecord) {
  EXPECT_EQ(bad_offset("gbk", "\"\xD6\xD0\x81\x20\""), 3U);
  EXPECT_EQ(bad_offset("gbk", "\xD6\xD0\xD6"), 2U) << "cut off";
  EXPECT_EQ(bad_offset("gb18030", "x\x81\x30\x81"), 1U) << "cut off";
  EXPECT_EQ(bad_offset("utf-16le", std::string_view("a\0\0\xD8z\0", 6)), 2U) << "half a pair";
  EXPECT_EQ(bad_offset("utf-16le", std::string_view("a\0b", 3)), 2U) << "half a unit";
}

TEST_F(TranscoderTest, C1ControlsAreRefused) {
  EXPECT_EQ(bad_offset("iso-8859-1", "ab\x85"), 2U);
  EXPECT_EQ(bad_offset("euc-kr", "ab\x80"), 2U);
  EXPECT_EQ(bad_offset("gb18030", "ab\x81\x30\x81\x30"), 2U);
  EXPECT_EQ(bad_offset("utf-16be", std::string_view("\0a\0\x85", 4)), 2U);
}

TEST_F(TranscoderTest, WhatIsReplacedIsCountedAndEatsNoAscii) {
  const auto decoded = transcoder.decode(of("gbk", true), "{\"a\":\"\x81\"}\xFF\xA2\xA0", kPlenty);
  EXPECT_EQ(decoded.outcome, Outcome::kDecoded);
  EXPECT_EQ(decoded.text, "{\"a\":\"\uFFFD\"}\uFFFD\uFFFD");
  EXPECT_EQ(decoded.replaced, 3U);
  EXPECT_EQ(text_of(of("utf-16le", true), std::string_view("\0\xDC"
                                                           "a\0b",
                                                           5)),
            "\uFFFD"
            "a\uFFFD");
}

TEST_F(TranscoderTest, WhatBecomesLongerThanAllowedIsTooLarge) {
  const std::string record(100, '\xE9');
  EXPECT_EQ(transcoder.decode(of("windows-1252"), record, 200).outcome, Outcome::kDecoded);
  EXPECT_EQ(transcoder.decode(of("windows-1252"), record, 199).outcome, Outcome::kTooLarge);
  EXPECT_EQ(transcoder.decode(of("gbk", true), std::string(100, '\xFF'), 299).outcome, Outcome::kTooLarge);
  EXPECT_EQ(transcoder.decode(of("gbk"), "abcd\xD6\xD0", 6).outcome, Outcome::kTooLarge);
}

TEST_F(TranscoderTest, ADecodedPlaceIsFoundInTheRecord) {
  const std::string_view record = "\xD6\xD0\xCE\xC4,x";
  EXPECT_EQ(transcoder.original_offset(of("gbk"), record, 6), 4U);
  EXPECT_EQ(transcoder.original_offset(of("gbk"), record, 7), 5U);
  EXPECT_EQ(transcoder.original_offset(of("gbk"), record, 0), 0U);
  EXPECT_EQ(transcoder.original_offset(of("utf-16"),
                                       std::string_view("\xFF\xFE"
                                                        "a\0b\0",
                                                        6),
                                       1),
            4U);
}

TEST_F(TranscoderTest, ALargeRecordsMemoryIsChargedUntilItIsDone) {
  const std::string record(3 << 20, '\xE9');
  EXPECT_EQ(transcoder.decode(of("windows-1252"), record, 64 << 20).text.size(), 2 * record.size());
  EXPECT_GE(memory.accounted(), static_cast<std::int64_t>(2 * record.size()));
  transcoder.done();
  EXPECT_LT(memory.accounted(), 256 << 10);
}

TEST_F(TranscoderTest, PaddingIsReadableBehindTheText) {
  for (std::size_t bytes = 1; bytes < 70'000; bytes = bytes * 3 / 2 + 1) {
    const auto decoded = transcoder.decode(of("windows-1252"), std::string(bytes, '\xE9'), kPlenty);
    const volatile char* const end = decoded.text.data() + decoded.text.size();
    for (std::size_t i = 0; i < proto::FrameDecoder::kPaddingBytes; ++i) static_cast<void>(end[i]);
    transcoder.done();
  }
}

TEST(CharsetTable, ACodecThatIsNotThereIsNotOpen) { EXPECT_FALSE(Codec("NO-SUCH-CODEC").is_open()); }

}  // namespace
}  // namespace crawlspool::intake
