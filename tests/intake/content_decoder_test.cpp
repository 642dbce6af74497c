#include "daemon/intake/content_decoder.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <string>

namespace crawlspool::intake {
namespace {

using Step = ContentDecoder::Step;

constexpr std::uint64_t kMiB = 1024 * 1024;

std::string zstd(const std::string& plain, int level = 3) {
  std::string out(ZSTD_compressBound(plain.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), level));
  return out;
}

std::string deflated(const std::string& plain, int window_bits) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, plain.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string gzip(const std::string& plain) { return deflated(plain, MAX_WBITS + 16); }
std::string zlib(const std::string& plain) { return deflated(plain, MAX_WBITS); }

// Text of little order, so that it stays large.
std::string text_of(std::size_t bytes) {
  std::string text;
  std::uint64_t state = 42;
  while (text.size() < bytes) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    text += std::to_string(state >> 20U) + "\n";
  }
  text.resize(bytes);
  return text;
}

struct Outcome {
  Step step = Step::kMore;
  std::string plain;
  std::string detail;
  int steps = 0;
};

Outcome decode(Encoding encoding, std::string encoded, std::uint64_t bytes_max = 32 * kMiB, Parts parts = Parts::kOne,
               std::uint64_t cost_a_step = TurnBudget::kTurnCostMax) {
  ContentDecoder decoder(encoding, parts, std::move(encoded), bytes_max);
  Outcome outcome;
  TurnBudget budget;
  while (outcome.step == Step::kMore) {
    budget.begin(cost_a_step);
    outcome.step = decoder.step(budget);
    ++outcome.steps;
    EXPECT_LT(outcome.steps, 100'000);
  }
  outcome.detail = decoder.detail();
  if (outcome.step == Step::kDone) outcome.plain = decoder.take_plain();
  return outcome;
}

TEST(ContentDecoder, EveryEncodingIsDecodedToWhatWasEncoded) {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{70'000}, std::size_t{5 * kMiB}}) {
    const std::string text = text_of(bytes);
    EXPECT_EQ(decode(Encoding::kZstd, zstd(text)).plain, text) << bytes;
    EXPECT_EQ(decode(Encoding::kGzip, gzip(text)).plain, text) << bytes;
    EXPECT_EQ(decode(Encoding::kZlib, zlib(text)).plain, text) << bytes;
  }
}

TEST(ContentDecoder, GzipAndZlibAreNotTakenForEachOther) {
  EXPECT_EQ(decode(Encoding::kGzip, zlib("1")).step, Step::kBroken);
  EXPECT_EQ(decode(Encoding::kZlib, gzip("1")).step, Step::kBroken);
}

// The most that one step may spend, beyond its share, on the decompressor's last call.
constexpr std::uint64_t kCallCostMax = 512 * 1024;

void expect_no_step_costs_more_than_its_share(Encoding encoding, Parts parts, const std::string& encoded) {
  ContentDecoder decoder(encoding, parts, encoded, 32 * kMiB);
  std::uint64_t steps = 0;
  for (auto step = Step::kMore; step == Step::kMore; ++steps) {
    TurnBudget budget;
    step = decoder.step(budget);
    ASSERT_NE(step, Step::kTooLarge);
    ASSERT_NE(step, Step::kBroken);
    ASSERT_LE(budget.spent(), TurnBudget::kTurnCostMax + kCallCostMax);
  }
  EXPECT_GE(steps, 4U);
}

std::string repeated(std::string_view part, std::size_t bytes) {
  std::string all;
  while (all.size() < bytes) all += part;
  return all;
}

TEST(ContentDecoder, AStepTakesNoMoreThanItsShare) {
  const std::string text = text_of(3 * kMiB);
  expect_no_step_costs_more_than_its_share(Encoding::kZstd, Parts::kOne, zstd(text));
  const Outcome outcome = decode(Encoding::kZstd, zstd(text), 32 * kMiB, Parts::kOne, 1);
  EXPECT_EQ(outcome.plain, text);
  EXPECT_GE(outcome.steps, 48);
}

TEST(ContentDecoder, EmptyPartsCostAStepAlthoughNothingComesOut) {
  expect_no_step_costs_more_than_its_share(Encoding::kZstd, Parts::kAny, repeated(zstd(""), kMiB));
  expect_no_step_costs_more_than_its_share(Encoding::kGzip, Parts::kAny, repeated(gzip(""), kMiB));
}

TEST(ContentDecoder, EmptyBlocksOfOnePartCostAStepToo) {
  const std::string zstd_blocks =
      std::string("\x28\xb5\x2f\xfd\x00\x58", 6) + repeated(std::string("\0\0\0", 3), kMiB) + std::string("\1\0\0", 3);
  expect_no_step_costs_more_than_its_share(Encoding::kZstd, Parts::kOne, zstd_blocks);
  const std::string gzip_blocks = std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10) +
                                  repeated(std::string("\0\0\0\xff\xff", 5), kMiB) + std::string("\1\0\0\xff\xff", 5) +
                                  std::string(8, '\0');
  expect_no_step_costs_more_than_its_share(Encoding::kGzip, Parts::kOne, gzip_blocks);
}

TEST(ContentDecoder, ExactlyTheMostIsTakenAndOneByteMoreIsNot) {
  const std::string text = text_of(2 * kMiB);
  for (const auto& [encoding, encoded] :
       {std::pair(Encoding::kZstd, zstd(text)), std::pair(Encoding::kGzip, gzip(text))}) {
    EXPECT_EQ(decode(encoding, encoded, text.size()).step, Step::kDone);
    const Outcome over = decode(encoding, encoded, text.size() - 1);
    EXPECT_EQ(over.step, Step::kTooLarge);
    EXPECT_EQ(over.detail, "it decompresses to more than " + std::to_string(text.size() - 1) + " bytes");
  }
}

TEST(ContentDecoder, WhatClaimsTooMuchOrNeedsTooLargeAWindowIsTooLargeAtOnce) {
  const std::string claims("\x28\xb5\x2f\xfd\xe0\0\0\0\0\x01\0\0\0", 13);  // 4 GiB
  EXPECT_EQ(decode(Encoding::kZstd, claims).step, Step::kTooLarge);
  const std::string window("\x28\xb5\x2f\xfd\0\xa8\x01\0\0", 9);  // 2 GiB, and one empty last block
  EXPECT_EQ(decode(Encoding::kZstd, window).step, Step::kTooLarge);
}

TEST(ContentDecoder, TooLargeAWindowIsToldAsWhatItIsAndWhatToDo) {
  const std::string window("\x28\xb5\x2f\xfd\0\x90\x11\0\0\x31\n", 11);  // 256 MiB, and one block of "1\n"
  for (const Parts parts : {Parts::kOne, Parts::kAny}) {
    const Outcome outcome = decode(Encoding::kZstd, window, kMiB, parts);
    EXPECT_EQ(outcome.step, Step::kTooLarge);
    EXPECT_EQ(outcome.detail, "its window is over 128 MiB; compress it without --ultra and with --long=27 at most");
  }
}

TEST(ContentDecoder, EmptyContentIsToldAsWhatItIs) {
  for (const Encoding encoding : {Encoding::kZstd, Encoding::kGzip}) {
    const Outcome outcome = decode(encoding, "");
    EXPECT_EQ(outcome.step, Step::kBroken);
    EXPECT_TRUE(outcome.detail.starts_with("it is empty")) << outcome.detail;
  }
}

std::string skippable(char variant, std::size_t bytes) {
  std::string frame{static_cast<char>(0x50 + variant), '\x2a', '\x4d', '\x18'};
  for (int shift = 0; shift < 32; shift += 8) frame += static_cast<char>(bytes >> shift);
  return frame + std::string(bytes, 'x');
}

TEST(ContentDecoder, SkippableFramesHoldNothingAndAreTakenWhereAnyNumberOfPartsIs) {
  for (const char variant : {'\x00', '\x07', '\x0F'}) {
    const std::string encoded = skippable(variant, 4) + zstd("one\n") + skippable(variant, 0) +
                                skippable(variant, 200'000) + zstd("two\n") + skippable(variant, 17);
    const Outcome outcome = decode(Encoding::kZstd, encoded, kMiB, Parts::kAny);
    EXPECT_EQ(outcome.step, Step::kDone) << outcome.detail;
    EXPECT_EQ(outcome.plain, "one\ntwo\n");
    EXPECT_EQ(decode(Encoding::kZstd, encoded.substr(0, encoded.size() - 1), kMiB, Parts::kAny).step, Step::kBroken);
  }
  EXPECT_EQ(decode(Encoding::kZstd, skippable(0, 9), kMiB, Parts::kAny).step, Step::kDone);
  EXPECT_EQ(decode(Encoding::kZstd, skippable(0, 9) + zstd("1"), kMiB, Parts::kOne).step, Step::kBroken);
  EXPECT_EQ(decode(Encoding::kZstd, zstd("1") + skippable(0, 9), kMiB, Parts::kOne).step, Step::kBroken);
  for (const std::string almost : {"\x4f\x2a\x4d\x18", "\x60\x2a\x4d\x18", "\x50\x2a\x4d\x19"})
    EXPECT_EQ(decode(Encoding::kZstd, almost + skippable(0, 9).substr(4), kMiB, Parts::kAny).step, Step::kBroken);
}

TEST(ContentDecoder, AWindowFarLargerThanTheContentCostsNothing) {
  const std::string small("\x28\xb5\x2f\xfd\0\x88\x11\0\0\x31\n", 11);  // 128 MiB, and one block of "1\n"
  ContentDecoder decoder(Encoding::kZstd, Parts::kOne, small, kMiB);
  TurnBudget budget;
  EXPECT_EQ(decoder.step(budget), Step::kDone);
  EXPECT_LT(decoder.held_bytes(), kMiB);
  EXPECT_EQ(decoder.take_plain(), "1\n");
}

TEST(ContentDecoder, TheWindowOfALargeFrameCountsForTheSmallOnesBehindIt) {
  const std::string large = zstd(text_of(3 * kMiB));
  ContentDecoder decoder(Encoding::kZstd, Parts::kAny, large + zstd("1\n"), 32 * kMiB);
  Step step = Step::kMore;
  while (step == Step::kMore) {
    TurnBudget budget;
    step = decoder.step(budget);
  }
  EXPECT_EQ(step, Step::kDone);
  EXPECT_GE(decoder.held_bytes(), large.size() + 3 * kMiB);
}

TEST(ContentDecoder, WhatIsOutOfProportionIsTooLargeLongBeforeTheMostIsOut) {
  const std::string bomb = zstd(std::string(64 * kMiB, '1'), 19);
  ASSERT_LT(bomb.size(), 8192U);
  ContentDecoder decoder(Encoding::kZstd, Parts::kOne, bomb, 1024 * kMiB);
  Step step = Step::kMore;
  std::size_t held = 0;
  while (step == Step::kMore) {
    held = std::max(held, decoder.held_bytes());
    TurnBudget budget;
    step = decoder.step(budget);
  }
  EXPECT_EQ(step, Step::kTooLarge);
  EXPECT_EQ(decoder.detail(), "it decompresses to more than 1000 times its size");
  EXPECT_LT(held, 32 * kMiB);
}

TEST(ContentDecoder, SmallContentMayBeOutOfProportion) {
  const std::string text(kMiB, '1');
  EXPECT_EQ(decode(Encoding::kZstd, zstd(text)).plain, text);
}

TEST(ContentDecoder, NoCutAndNoFlipPassesForWhole) {
  const std::string text = text_of(3000);
  std::string with_checksum(ZSTD_compressBound(text.size()), '\0');
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  with_checksum.resize(ZSTD_compress2(context, with_checksum.data(), with_checksum.size(), text.data(), text.size()));
  ZSTD_freeCCtx(context);
  for (const auto& [encoding, encoded] :
       {std::pair(Encoding::kZstd, with_checksum), std::pair(Encoding::kGzip, gzip(text))}) {
    for (std::size_t cut = 0; cut < encoded.size(); ++cut)
      ASSERT_EQ(decode(encoding, encoded.substr(0, cut)).step, Step::kBroken) << cut;
    for (std::size_t at = 0; at < encoded.size(); ++at) {
      std::string flipped = encoded;
      flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
      const Outcome outcome = decode(encoding, flipped);
      ASSERT_TRUE(outcome.step != Step::kDone || outcome.plain == text) << at;
    }
  }
}

TEST(ContentDecoder, SeveralPartsAreTakenWhereTheyMayBe) {
  const std::string two = zstd("1\n") + zstd("2\n");
  EXPECT_EQ(decode(Encoding::kZstd, two, kMiB, Parts::kAny).plain, "1\n2\n");
  EXPECT_EQ(decode(Encoding::kZstd, two).detail, "something is behind its end");
  EXPECT_EQ(decode(Encoding::kGzip, gzip("1\n") + gzip("2\n"), kMiB, Parts::kAny).plain, "1\n2\n");
  EXPECT_EQ(decode(Encoding::kGzip, gzip("1\n") + "rubbish", kMiB, Parts::kAny).step, Step::kBroken);
}

TEST(ContentDecoder, SaysBeforehandHowMuchItMayBecome) {
  const std::string text = text_of(3000);
  const auto claimed = [](Encoding encoding, const std::string& encoded, std::uint64_t bytes_max) {
    const ContentDecoder decoder(encoding, Parts::kOne, encoded, bytes_max);
    EXPECT_TRUE(decoder.is_untouched());
    return decoder.claimed_bytes();
  };
  EXPECT_EQ(claimed(Encoding::kZstd, zstd(text), kMiB), 3000U);
  EXPECT_EQ(claimed(Encoding::kZstd, zstd(text), 100), 100U);
  EXPECT_EQ(claimed(Encoding::kGzip, gzip(text), 32 * kMiB), std::max<std::uint64_t>(kMiB, 1000 * gzip(text).size()));
  EXPECT_EQ(claimed(Encoding::kZstd, "no zstd at all", 32 * kMiB), kMiB);
}

TEST(ContentDecoder, AClaimedSizeIsNotBelieved) {
  std::string claims = zstd(std::string(200, 'x'));
  ASSERT_EQ(ZSTD_getFrameContentSize(claims.data(), claims.size()), 200U);
  ContentDecoder decoder(Encoding::kZstd, Parts::kOne, std::string("\x28\xb5\x2f\xfd\xe0\0\0\0\0\x01\0\0\0", 13),
                         32 * kMiB);
  TurnBudget budget;
  EXPECT_NE(decoder.step(budget), Step::kDone);
  EXPECT_LT(decoder.held_bytes(), kMiB);
}

// A header that says 1,000,000 bytes, a block of two, and an empty last one: the library alone takes it for whole.
TEST(ContentDecoder, AFrameThatEndsShortOfItsClaimedSizeIsBroken) {
  const std::string frame(
      "\x28\xb5\x2f\xfd\xa0\x40\x42\x0f\0\x10\0\0"
      "1\n\x01\0\0",
      17);
  ASSERT_EQ(ZSTD_getFrameContentSize(frame.data(), frame.size()), 1'000'000U);
  EXPECT_EQ(decode(Encoding::kZstd, frame).step, Step::kBroken);
  EXPECT_EQ(decode(Encoding::kZstd, zstd("2\n") + frame, 32 * kMiB, Parts::kAny).step, Step::kBroken);
}

}  // namespace
}  // namespace crawlspool::intake
