#include "proto/frame_decoder.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <vector>

namespace crawlspool::proto {
namespace {

using namespace std::string_view_literals;
using Step = FrameDecoder::Step;

constexpr std::uint64_t kBatchBytesMax = 1U << 21;
constexpr FrameLimits kLimits = [] {
  FrameLimits limits{};
  limits.record_bytes_max = 1U << 20;
  limits.batch_bytes_max = kBatchBytesMax;
  return limits;
}();
// What may be held beside twice the bytes received: the first step of the buffer, and the padding.
constexpr std::size_t kHeldBytesBeside = 4096 + 2 * FrameDecoder::kPaddingBytes;

// Bytes on the heap with exactly the promised padding behind them: a sanitizer sees a read of one byte more.
class Padded {
 public:
  explicit Padded(std::string_view bytes)
      : size_(bytes.size()), data_(std::make_unique<char[]>(size_ + FrameDecoder::kPaddingBytes)) {
    std::memcpy(data_.get(), bytes.data(), size_);
  }
  [[nodiscard]] std::string_view view() const { return {data_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> data_;
};

// A sanitizer stops at the first byte that is not readable.
void read_padding(const char* end) {
  const volatile char* at = end;
  for (std::size_t i = 0; i < FrameDecoder::kPaddingBytes; ++i) static_cast<void>(at[i]);
}

struct Taken {
  FrameType type;
  std::string payload;
  bool operator==(const Taken&) const = default;
};

// Feeds one piece; what was taken is appended to `frames`. The last step of it.
Step feed(FrameDecoder& decoder, std::string_view piece, std::vector<Taken>& frames) {
  const Padded padded(piece);
  std::string_view input = padded.view();
  while (true) {
    Frame frame{};
    const Step step = decoder.next(input, frame);
    EXPECT_TRUE(step != Step::kNeedMore || input.empty());
    if (step != Step::kFrame) return step;
    read_padding(frame.payload.data() + frame.payload.size());
    frames.push_back({frame.type, std::string(frame.payload)});
  }
}

Step feed(FrameDecoder& decoder, std::string_view piece) {
  std::vector<Taken> ignored;
  return feed(decoder, piece, ignored);
}

std::string frame_bytes(FrameType type, std::string_view payload) {
  std::string out;
  append_frame(out, type, payload);
  return out;
}

std::string header_bytes(int type, std::size_t length) {
  const auto bytes = encode_header(static_cast<FrameType>(type), length);
  return {bytes.data(), bytes.size()};
}

std::string stream_of(const std::vector<Taken>& frames) {
  std::string out;
  for (const Taken& frame : frames) append_frame(out, frame.type, frame.payload);
  return out;
}

const std::vector<Taken> kFrames{
    {FrameType::kRecord, "{\"a\":1}"}, {FrameType::kRecord, ""},   {FrameType::kPing, ""},
    {FrameType::kPing, "[1]"},         {FrameType::kPong, "null"}, {FrameType::kRecord, "\xfd/\n"},
    {FrameType::kRecord, "x"},         {FrameType::kBye, ""}};

TEST(FrameDecoder, EveryTwoSplitsOfAStreamGiveTheSameFrames) {
  const std::string stream = stream_of(kFrames);
  for (std::size_t first = 0; first <= stream.size(); ++first) {
    for (std::size_t second = first; second <= stream.size(); ++second) {
      FrameDecoder decoder(kLimits);
      std::vector<Taken> frames;
      EXPECT_EQ(feed(decoder, stream.substr(0, first), frames), Step::kNeedMore);
      EXPECT_EQ(feed(decoder, stream.substr(first, second - first), frames), Step::kNeedMore);
      EXPECT_EQ(feed(decoder, stream.substr(second), frames), Step::kNeedMore);
      ASSERT_EQ(frames, kFrames) << first << " " << second;
      EXPECT_FALSE(decoder.mid_frame());
    }
  }
}

TEST(FrameDecoder, SingleBytesGiveTheSameFrames) {
  FrameDecoder decoder(kLimits);
  std::vector<Taken> frames;
  for (const char byte : stream_of(kFrames)) EXPECT_EQ(feed(decoder, {&byte, 1}, frames), Step::kNeedMore);
  EXPECT_EQ(frames, kFrames);
}

TEST(FrameDecoder, RandomPiecesGiveTheSameFrames) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::vector<Taken> sent{{FrameType::kRecord, "{}"}};
  for (int i = 0; i < 200; ++i) {
    const std::size_t size = random() % (std::size_t{1} << (random() % 17));
    std::string payload(size, '\0');
    for (char& c : payload) c = static_cast<char>(random());
    sent.push_back({size > 256 || random() % 2 == 0 ? FrameType::kRecord : FrameType::kPing, payload});
  }
  const std::string stream = stream_of(sent);
  FrameDecoder decoder(kLimits);
  std::vector<Taken> frames;
  for (std::size_t at = 0; at < stream.size();) {
    const std::size_t size = 1 + random() % (std::size_t{1} << (random() % 17));
    ASSERT_EQ(feed(decoder, std::string_view(stream).substr(at, size), frames), Step::kNeedMore);
    EXPECT_LE(decoder.held_bytes(), 2 * decoder.received_bytes() + kHeldBytesBeside);
    at += size;
  }
  ASSERT_EQ(frames.size(), sent.size());
  EXPECT_TRUE(frames == sent);
}

TEST(FrameDecoder, AFrameThatLiesWholeIsHandedOutWhereItLies) {
  const Padded bytes(frame_bytes(FrameType::kRecord, "{\"a\":1}") + frame_bytes(FrameType::kRecord, "2"));
  FrameDecoder decoder(kLimits);
  std::string_view input = bytes.view();
  Frame frame{};
  ASSERT_EQ(decoder.next(input, frame), Step::kFrame);
  EXPECT_EQ(frame.payload.data(), bytes.view().data() + kFrameHeaderBytes);
  EXPECT_EQ(frame.payload, "{\"a\":1}");
  EXPECT_EQ(decoder.held_bytes(), FrameDecoder(kLimits).held_bytes());
  EXPECT_EQ(input.size(), kFrameHeaderBytes + 1) << "what is behind the frame is not touched yet";
}

TEST(FrameDecoder, APayloadBehindASplitHeaderIsHandedOutWhereItLies) {
  FrameDecoder decoder(kLimits);
  EXPECT_EQ(feed(decoder, "\x00\x00"sv), Step::kNeedMore);
  const Padded bytes("\x00\x02{}"sv);
  std::string_view input = bytes.view();
  Frame frame{};
  ASSERT_EQ(decoder.next(input, frame), Step::kFrame);
  EXPECT_EQ(frame.payload.data(), bytes.view().data() + 2);
}

TEST(FrameDecoder, AnEmptyFrameIsWholeWithItsHeader) {
  FrameDecoder decoder(kLimits);
  std::vector<Taken> frames;
  EXPECT_EQ(feed(decoder, "\x00\x00\x00"sv, frames), Step::kNeedMore);
  EXPECT_TRUE(frames.empty());
  EXPECT_EQ(feed(decoder, "\x00"sv, frames), Step::kNeedMore);
  EXPECT_EQ(frames, (std::vector<Taken>{{FrameType::kRecord, ""}}));
  EXPECT_FALSE(decoder.mid_frame());
}

TEST(FrameDecoder, AClaimedLengthIsNeverAllocatedUpFront) {
  for (const std::size_t step : {1U, 7U, 4096U, 65536U}) {
    FrameDecoder decoder(kLimits);
    const std::size_t length = kLimits.record_bytes_max;
    EXPECT_EQ(feed(decoder, header_bytes(0, length)), Step::kNeedMore);
    EXPECT_LE(decoder.held_bytes(), kHeldBytesBeside);
    const std::string piece(step, '1');
    for (std::size_t sent = 0; sent + step < length && sent < 200 * step; sent += step) {
      ASSERT_EQ(feed(decoder, piece), Step::kNeedMore);
      ASSERT_LE(decoder.held_bytes(), 2 * decoder.received_bytes() + kHeldBytesBeside) << step << " " << sent;
    }
  }
}

TEST(FrameDecoder, AFrameInPiecesHoldsNoMoreThanItself) {
  FrameDecoder large(kLimits);
  for (const std::size_t bytes : {30'000U, 30'000U, 39'000U}) {
    const std::string start = large.mid_frame() ? "" : header_bytes(0, 100'000);
    EXPECT_EQ(feed(large, start + std::string(bytes, '1')), Step::kNeedMore);
    EXPECT_LE(large.held_bytes(), 100'000 + FrameDecoder::kPaddingBytes);
  }
  FrameDecoder decoder(kLimits);
  EXPECT_EQ(feed(decoder, header_bytes(0, 100) + "{"), Step::kNeedMore);
  EXPECT_LE(decoder.held_bytes(), 100 + FrameDecoder::kPaddingBytes);
}

TEST(FrameDecoder, ThePartialFramesMemoryIsGivenBackOnceItWasTaken) {
  FrameDecoder decoder(kLimits);
  std::vector<Taken> frames;
  EXPECT_EQ(feed(decoder, header_bytes(0, 300'000) + std::string(200'000, '1'), frames), Step::kNeedMore);
  EXPECT_GE(decoder.held_bytes(), 200'000U);
  EXPECT_EQ(feed(decoder, std::string(100'000, '1'), frames), Step::kNeedMore);
  EXPECT_EQ(frames, (std::vector<Taken>{{FrameType::kRecord, std::string(300'000, '1')}}));
  EXPECT_LT(decoder.held_bytes(), 64U);
  EXPECT_EQ(decoder.received_bytes(), 0U);
}

TEST(FrameDecoder, AFrameThatWasTakenGivesItsMemoryBackAtOnce) {
  FrameDecoder decoder(kLimits);
  ASSERT_EQ(feed(decoder, header_bytes(0, 10'000) + std::string(5'000, '1')), Step::kNeedMore);
  decoder.frame_taken();
  EXPECT_EQ(decoder.received_bytes(), 5'000U) << "a frame that has only begun stays";
  const Padded rest(std::string(5'000, '1'));
  std::string_view input = rest.view();
  Frame frame{};
  ASSERT_EQ(decoder.next(input, frame), Step::kFrame);
  EXPECT_GE(decoder.held_bytes(), 10'000U);
  decoder.frame_taken();
  EXPECT_LT(decoder.held_bytes(), 64U);
}

TEST(FrameDecoder, PaddingIsReadableHoweverMuchRoomWasLeft) {
  for (std::size_t tail = 1; tail <= 2 * FrameDecoder::kPaddingBytes; ++tail) {
    FrameDecoder decoder(kLimits);
    std::vector<Taken> frames;
    ASSERT_EQ(feed(decoder, header_bytes(0, 5'000 + tail) + std::string(5'000, '1'), frames), Step::kNeedMore);
    ASSERT_EQ(feed(decoder, std::string(tail, '1'), frames), Step::kNeedMore);
    EXPECT_EQ(frames.size(), 1U);
  }
}

TEST(FrameDecoder, WhatIsNeededClaimedAndReceivedIsKnownAtEachByte) {
  FrameDecoder decoder(kLimits);
  EXPECT_FALSE(decoder.mid_frame());
  EXPECT_EQ(decoder.bytes_needed(), kFrameHeaderBytes);
  const std::string bytes = frame_bytes(FrameType::kRecord, "12345");
  for (std::size_t i = 1; i < bytes.size(); ++i) {
    EXPECT_EQ(feed(decoder, bytes.substr(i - 1, 1)), Step::kNeedMore);
    EXPECT_TRUE(decoder.mid_frame()) << i;
    EXPECT_EQ(decoder.received_bytes(), i < kFrameHeaderBytes ? 0 : i - kFrameHeaderBytes);
    EXPECT_EQ(decoder.begun_records(), i >= kFrameHeaderBytes);
    EXPECT_EQ(decoder.bytes_needed(), (i < kFrameHeaderBytes ? kFrameHeaderBytes : bytes.size()) - i) << i;
    EXPECT_EQ(decoder.claimed_bytes(), i < kFrameHeaderBytes ? 0U : 5U) << i;
  }
  EXPECT_EQ(feed(decoder, bytes.substr(bytes.size() - 1)), Step::kNeedMore);
  EXPECT_FALSE(decoder.mid_frame());
  EXPECT_FALSE(decoder.begun_records());
  EXPECT_EQ(decoder.received_bytes(), 0U);
  EXPECT_EQ(decoder.claimed_bytes(), 0U);
  EXPECT_EQ(decoder.bytes_needed(), kFrameHeaderBytes);
}

struct TypeLimit {
  std::size_t bytes_max;
  int type;
  bool has_records;
};

constexpr TypeLimit kTypeLimits[] = {
    {1U << 20, 0, true}, {1U << 16, 1, false}, {kBatchBytesMax, 2, true}, {kBatchBytesMax, 3, true}, {256, 4, false},
    {256, 5, false},     {0, 6, false}};

TEST(FrameDecoder, EachTypeHasItsLimit) {
  for (const TypeLimit& limit : kTypeLimits) {
    FrameDecoder fits(kLimits);
    EXPECT_EQ(feed(fits, header_bytes(limit.type, limit.bytes_max)), Step::kNeedMore) << limit.type;

    FrameDecoder over(kLimits);
    EXPECT_EQ(feed(over, header_bytes(limit.type, limit.bytes_max + 1)), Step::kRefused) << limit.type;
    EXPECT_EQ(over.refusal().code, ErrorWord::kFrameTooLarge);
    EXPECT_EQ(over.refusal().has_records, limit.has_records) << limit.type;
    const std::string max = std::to_string(limit.bytes_max);
    const std::string length = std::to_string(limit.bytes_max + 1);
    EXPECT_EQ(over.refusal().detail, "a " + std::string(frame_type_name(static_cast<std::uint8_t>(limit.type))) +
                                         " frame of " + length + " bytes; at most " + max);
  }
}

TEST(FrameDecoder, TheGreatestLengthIsRefusedOffItsHeader) {
  FrameDecoder decoder(kLimits);
  EXPECT_EQ(feed(decoder, "\x0f\xff\xff\xff"sv), Step::kRefused);
  EXPECT_EQ(decoder.refusal().code, ErrorWord::kFrameTooLarge);
  EXPECT_LT(decoder.held_bytes(), 64U);
}

TEST(FrameDecoder, TypesThatAreNotTakenAreRefused) {
  for (const int type : {7, 8, 9, 10, 11, 12, 13, 14, 15}) {
    FrameDecoder decoder(kLimits);
    EXPECT_EQ(feed(decoder, frame_bytes(FrameType::kRecord, "1") + header_bytes(type, 0)), Step::kRefused) << type;
    EXPECT_EQ(decoder.refusal().code, ErrorWord::kUnknownFrameType);
    EXPECT_FALSE(decoder.refusal().has_records);
    EXPECT_NE(decoder.refusal().detail.find(" " + std::to_string(type) + " "), std::string::npos);
  }
}

TEST(FrameDecoder, APingIsNoRecordThatHasBegun) {
  FrameDecoder decoder(kLimits);
  EXPECT_EQ(feed(decoder, header_bytes(4, 10) + "[1,"), Step::kNeedMore);
  EXPECT_TRUE(decoder.mid_frame());
  EXPECT_FALSE(decoder.begun_records());
}

TEST(FrameDecoder, ARefusalIsFinalAndNothingBehindItIsTaken) {
  FrameDecoder decoder(kLimits);
  const Padded bytes(header_bytes(9, 0) + frame_bytes(FrameType::kRecord, "1"));
  std::string_view input = bytes.view();
  Frame frame{};
  EXPECT_EQ(decoder.next(input, frame), Step::kRefused);
  const std::string detail = decoder.refusal().detail;
  for (int i = 0; i < 3; ++i) {
    const std::string_view before = input;
    EXPECT_EQ(decoder.next(input, frame), Step::kRefused);
    EXPECT_EQ(input, before);
  }
  EXPECT_EQ(feed(decoder, frame_bytes(FrameType::kRecord, "1")), Step::kRefused);
  EXPECT_EQ(decoder.refusal().code, ErrorWord::kUnknownFrameType);
  EXPECT_EQ(decoder.refusal().detail, detail);
  EXPECT_FALSE(decoder.mid_frame());
}

TEST(FrameDecoder, FramesInFrontOfARefusalAreHandedOut) {
  FrameDecoder decoder(kLimits);
  std::vector<Taken> frames;
  EXPECT_EQ(feed(decoder, stream_of(kFrames) + header_bytes(15, 0), frames), Step::kRefused);
  EXPECT_EQ(frames, kFrames);
}

TEST(FrameDecoder, AbandoningDropsWhatHasBegunForGood) {
  FrameDecoder decoder(kLimits);
  EXPECT_EQ(feed(decoder, header_bytes(0, 100'000) + std::string(50'000, '1')), Step::kNeedMore);
  decoder.abandon();
  EXPECT_FALSE(decoder.mid_frame());
  EXPECT_EQ(decoder.received_bytes(), 0U);
  EXPECT_LT(decoder.held_bytes(), 64U);
  EXPECT_EQ(feed(decoder, std::string(50'000, '1')), Step::kRefused);
}

TEST(FrameDecoder, ForeignProtocolsAreNamedHoweverTheirHeaderIsSplit) {
  for (const std::string_view start : {"GET / HTTP/1.1\r\n"sv, "\x16\x03\x01\x02\x00\x01"sv, "SSH-2.0-x"sv,
                                       "*1\r\n$4\r\nPING\r\n"sv, "{\"a\":1}\n"sv, "[1,2,3]\n"sv}) {
    for (std::size_t split = 0; split < kFrameHeaderBytes; ++split) {
      FrameDecoder decoder(kLimits);
      EXPECT_EQ(feed(decoder, start.substr(0, split)), Step::kNeedMore);
      EXPECT_EQ(feed(decoder, start.substr(split)), Step::kRefused) << start;
      EXPECT_EQ(decoder.refusal().code, ErrorWord::kWrongProtocol) << start;
      EXPECT_FALSE(decoder.refusal().has_records);
    }
  }
}

TEST(FrameDecoder, LittleEndianLengthsAreNamedOnlyWithJsonBehindThem) {
  // From 9 bytes up, over every type that the low byte can be taken for; a length that reads as a legal frame is one.
  for (const int low : {0x09, 0x15, 0x45, 0x5a, 0x67, 0x7b - 1, 0xc8}) {
    const std::string header{static_cast<char>(low), 0, 0, 0};
    FrameDecoder with_json(kLimits);
    EXPECT_EQ(feed(with_json, header + "{\"a\":"), Step::kRefused) << low;
    EXPECT_EQ(with_json.refusal().code, ErrorWord::kWrongProtocol) << low;
    EXPECT_NE(with_json.refusal().detail.find("little-endian"), std::string::npos) << low;

    FrameDecoder alone(kLimits);
    EXPECT_EQ(feed(alone, header), Step::kRefused) << low;
    EXPECT_NE(alone.refusal().code, ErrorWord::kWrongProtocol) << low;
  }
}

TEST(FrameDecoder, OnlyTheConnectionsFirstHeaderIsTakenForSomethingElse) {
  FrameDecoder decoder(kLimits);
  EXPECT_EQ(feed(decoder, frame_bytes(FrameType::kRecord, "1") + "GET / HTTP/1.1\r\n"), Step::kRefused);
  EXPECT_EQ(decoder.refusal().code, ErrorWord::kFrameTooLarge);
}

}  // namespace
}  // namespace crawlspool::proto
