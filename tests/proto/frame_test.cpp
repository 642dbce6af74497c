#include "proto/frame.h"

#include <gtest/gtest.h>

#include <string>

namespace crawlspool::proto {
namespace {

using namespace std::string_view_literals;

std::string header(FrameType type, std::size_t length) {
  const auto bytes = encode_header(type, length);
  return {bytes.data(), bytes.size()};
}

TEST(Frame, HeaderIsTypeThenLengthBigEndian) {
  EXPECT_EQ(header(FrameType::kRecord, 0), "\x00\x00\x00\x00"sv);
  EXPECT_EQ(header(FrameType::kRecord, 9), "\x00\x00\x00\x09"sv);
  EXPECT_EQ(header(FrameType::kRecord, 0x01020304), "\x01\x02\x03\x04"sv);
  EXPECT_EQ(header(FrameType::kHello, 0x10000), "\x10\x01\x00\x00"sv);
  EXPECT_EQ(header(FrameType::kBatch, 0x2000000), "\x22\x00\x00\x00"sv);
  EXPECT_EQ(header(FrameType::kZstdBatch, 0x80), "\x30\x00\x00\x80"sv);
  EXPECT_EQ(header(FrameType::kPing, 256), "\x40\x00\x01\x00"sv);
  EXPECT_EQ(header(FrameType::kPong, 255), "\x50\x00\x00\xff"sv);
  EXPECT_EQ(header(FrameType::kBye, 0), "\x60\x00\x00\x00"sv);
  EXPECT_EQ(header(FrameType::kRecord, kFramePayloadBytesMax), "\x0f\xff\xff\xff"sv);
}

TEST(Frame, HeaderIsReadFromBytesAboveHalfToo) {
  const FrameHeader read = decode_header("\xf8\x90\xa0\xff");
  EXPECT_EQ(read.type, 15);
  EXPECT_EQ(read.length, 0x890a0ffU);
}

TEST(Frame, ReservedTypesAreReadAsTheyAre) {
  for (int type = 0; type < 16; ++type) {
    const std::string bytes{static_cast<char>(type << 4), 0, 0, 1};
    EXPECT_EQ(decode_header(bytes).type, type);
    EXPECT_EQ(decode_header(bytes).length, 1U);
  }
}

TEST(Frame, OnlyTheFirstFourBytesAreRead) { EXPECT_EQ(decode_header("\x00\x00\x00\x02{}"sv).length, 2U); }

TEST(Frame, AppendPutsHeaderAndPayloadBehindWhatIsThere) {
  std::string out = "x";
  append_frame(out, FrameType::kRecord, "{\"a\":1}");
  append_frame(out, FrameType::kBye, "");
  EXPECT_EQ(out, "x\x00\x00\x00\x07{\"a\":1}\x60\x00\x00\x00"sv);
}

TEST(Frame, TypesHaveNamesForDetails) {
  EXPECT_EQ(frame_type_name(0), "record");
  EXPECT_EQ(frame_type_name(1), "hello");
  EXPECT_EQ(frame_type_name(2), "batch");
  EXPECT_EQ(frame_type_name(3), "zstd batch");
  EXPECT_EQ(frame_type_name(4), "ping");
  EXPECT_EQ(frame_type_name(5), "pong");
  EXPECT_EQ(frame_type_name(6), "bye");
  for (int type = 7; type < 16; ++type) EXPECT_EQ(frame_type_name(static_cast<std::uint8_t>(type)), "reserved");
}

TEST(FrameDeathTest, ALengthOver28BitsIsABug) {
  EXPECT_EXIT(static_cast<void>(encode_header(FrameType::kRecord, std::size_t{kFramePayloadBytesMax} + 1)),
              testing::ExitedWithCode(70), "kFramePayloadBytesMax");
}

}  // namespace
}  // namespace crawlspool::proto
