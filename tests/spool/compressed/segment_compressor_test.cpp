#include "daemon/spool/compressed/segment_compressor.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "daemon/spool/compressed/segment_index.h"
#include "tests/support/compressed_segment.h"
#include "tests/support/directory_hooks.h"
#include "tests/support/errors.h"

namespace crawlspool::spool {
namespace {

using test::Call;
using test::file_of;

constexpr Position kBegin = 4096;

class SegmentCompressorTest : public ::testing::Test {
 protected:
  void SetUp() override { disk.put(plain, content); }

  [[nodiscard]] base::Result<CompressedSegment> compress(const CompressionOptions& options = test::small_blocks(300)) {
    return compress_segment(*directory, kBegin, options);
  }
  // Calls `between` with the number of pieces done so far, but for the last one.
  base::Result<CompressedSegment> compress_and_between(const CompressionOptions& options,
                                                       const std::function<void(int)>& between) {
    SegmentCompressor compressor(*directory, kBegin, options);
    for (int pieces = 1;; ++pieces) {
      const auto has_more = compressor.step();
      if (!has_more) return tl::unexpected(has_more.error());
      if (!*has_more) return compressor.compressed();
      between(pieces);
    }
  }
  // Through the index or without it.
  [[nodiscard]] std::string decompressed() {
    const auto source = CompressedSource::open(*directory, kBegin, std::nullopt);
    return source ? test::read_whole(**source, 1000) : "cannot be opened";
  }
  // What is there is all of it, plain or compressed.
  void expect_nothing_lost(const std::string& where) {
    if (disk.content(plain))
      EXPECT_EQ(*disk.content(plain), content) << where;
    else
      EXPECT_EQ(decompressed(), content) << where;
    if (disk.content(compressed)) {
      EXPECT_EQ(decompressed(), content) << where;
    }
  }

  const std::string content = test::some_lines(12);
  const std::string plain = file_of(kBegin, SegmentKind::kSealed);
  const std::string compressed = file_of(kBegin, SegmentKind::kCompressed);
  const std::string index = index_file_name(kBegin);
  test::ForgetfulDisk disk;
  std::unique_ptr<Directory> directory = disk.open();
};

using Names = std::vector<std::string>;

TEST_F(SegmentCompressorTest, TheCopyTakesTheOriginalsPlace) {
  const auto done = compress();
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(disk.names(), (Names{index, compressed}));
  EXPECT_EQ(decompressed(), content);
  EXPECT_EQ(done->content_bytes, content.size());
  EXPECT_EQ(done->file_bytes, disk.content(compressed)->size());
  EXPECT_EQ(done->timestamps, (TimestampRange{"2026-11-20T04:05:06.123456Z", "2026-11-20T04:05:06.123456Z"}));
}

TEST_F(SegmentCompressorTest, BlocksEndWithLinesAndHoldTheLeastOrMore) {
  ASSERT_TRUE(compress().has_value());
  const auto blocks = read_index(*directory, kBegin);
  ASSERT_TRUE(blocks.has_value());
  EXPECT_GT(blocks->size(), 3U);
  EXPECT_EQ(content_bytes(*blocks), content.size());
  EXPECT_EQ(file_bytes(*blocks), disk.content(compressed)->size());
  for (const Block& block : *blocks) {
    EXPECT_EQ(content[block.position + block.bytes - 1 - kBegin], '\n');
    EXPECT_TRUE(block.bytes >= 300U || &block == &blocks->back());
    EXPECT_LT(block.bytes, 300U + 200U);
  }
}

TEST_F(SegmentCompressorTest, BytesAreBytes) {
  for (const std::string& odd : {std::string("\n"), std::string("no line end"), std::string(700, '\0'),
                                 test::some_lines(5) + std::string(900, '\0') + "\n\n{\"ts\":\"", std::string()}) {
    disk.put(plain, odd);
    ASSERT_TRUE(compress().has_value()) << odd;
    EXPECT_EQ(decompressed(), odd);
    EXPECT_TRUE(read_index(*directory, kBegin).has_value());
  }
}

TEST_F(SegmentCompressorTest, EachBlockKnowsItsLeastAndGreatestTimestamp) {
  const auto line = [](const std::string& hour, const std::string& front = "{") {
    return front + "\"ts\":\"2026-11-20T" + hour + ":05:06.123456Z\",\"via\":\"tcp\"}\n";
  };
  disk.put(plain, line("04") + line("03", "{\"synced\":12,") + "\n" + line("07") + "no ts\n" + line("zz"));
  ASSERT_TRUE(compress(test::small_blocks(100)).has_value());
  const auto blocks = read_index(*directory, kBegin);
  ASSERT_TRUE(blocks && blocks->size() == 2U);
  EXPECT_EQ(blocks->front().timestamps, (TimestampRange{"2026-11-20T03:05:06.123456Z", "2026-11-20T04:05:06.123456Z"}));
  EXPECT_EQ(blocks->back().timestamps, (TimestampRange{"2026-11-20T07:05:06.123456Z", "2026-11-20T07:05:06.123456Z"}));
}

TEST_F(SegmentCompressorTest, WithoutAnOriginalThereIsNothingToCompress) {
  ASSERT_TRUE(directory->remove(plain).has_value());
  EXPECT_EQ(test::code_of(compress()), base::ErrorCode::kNotFound);
  EXPECT_EQ(disk.names(), Names{});
}

TEST_F(SegmentCompressorTest, TheOriginalGoesOnlyWhenTheCopyIsDurableUnderItsName) {
  ASSERT_TRUE(compress().has_value());
  std::vector<std::string> order;
  for (const auto& call : disk.calls()) {
    if (call.call == Call::kSync && call.name == compressed + ".tmp") order.emplace_back("synced");
    if (call.call == Call::kDropCache && call.name == compressed + ".tmp") order.emplace_back("dropped from the cache");
    if (call.call == Call::kRead && call.name == compressed + ".tmp" && order.back() != "read back")
      order.emplace_back("read back");
    if (call.call == Call::kRename && call.name == index) order.emplace_back("index named");
    if (call.call == Call::kRename && call.name == compressed) order.emplace_back("named");
    if (call.call == Call::kSyncDirectory) order.emplace_back("directory synced");
    if (call.call == Call::kRemove && call.name == plain) order.emplace_back("original removed");
  }
  EXPECT_EQ(order, (std::vector<std::string>{"synced", "dropped from the cache", "read back", "index named",
                                             "directory synced", "named", "directory synced", "original removed"}));
}

TEST_F(SegmentCompressorTest, TheCopyIsSyncedInSteps) {
  CompressionOptions options = test::small_blocks(300);
  options.sync_every_bytes = 200;
  ASSERT_TRUE(compress(options).has_value());
  EXPECT_GE(disk.count(Call::kSyncData, ".tmp"), 3U);
}

TEST_F(SegmentCompressorTest, AnyCallMayFailAndTheNextTrySucceeds) {
  for (const Call call : {Call::kRead, Call::kWrite, Call::kSyncData, Call::kSync, Call::kTruncate, Call::kCreate,
                          Call::kRename, Call::kRemove, Call::kSyncDirectory})
    for (const int errno_value : {EIO, ENOSPC})
      for (std::uint64_t nth = 1;; ++nth) {
        const std::string where = std::to_string(static_cast<int>(call)) + " number " + std::to_string(nth);
        disk.fail({call, errno_value, "", nth});
        CompressionOptions options = test::small_blocks(300);
        options.sync_every_bytes = 200;
        const bool is_done = compress(options).has_value();
        disk.clear_faults();
        expect_nothing_lost(where);
        if (!is_done) {
          ASSERT_EQ(disk.content(plain), content) << where;
          for (const std::string& name : disk.names()) EXPECT_FALSE(name.ends_with(".tmp")) << where << ": " << name;
          ASSERT_TRUE(compress().has_value()) << where;
        }
        EXPECT_EQ(disk.names(), (Names{index, compressed})) << where;
        disk.put(plain, content);
        ASSERT_TRUE(directory->remove(compressed).has_value());
        ASSERT_TRUE(directory->remove(index).has_value());
        if (is_done) break;
      }
}

TEST_F(SegmentCompressorTest, ACrashAnywhereLosesNothingAndTheNextTrySucceeds) {
  bool is_done = false;
  for (std::uint64_t changes = 0; !is_done; ++changes)
    for (unsigned seed = 0; seed < 8; ++seed) {
      unsigned state = seed;
      disk.stop_after(changes);
      is_done = compress().has_value();
      disk.crash([&] { return (state++ & 1U) != 0 ? (seed & 2U) != 0 : (seed & 4U) != 0; });
      const std::string where = std::to_string(changes) + ", " + std::to_string(seed);
      ASSERT_TRUE(disk.content(plain) || disk.content(compressed)) << where;
      expect_nothing_lost(where);
      disk.put(plain, content);
      ASSERT_TRUE(compress().has_value()) << where;
      EXPECT_EQ(disk.names(), (Names{index, compressed})) << where;
      disk.put(plain, content);
      ASSERT_TRUE(directory->remove(compressed).has_value());
      ASSERT_TRUE(directory->remove(index).has_value());
      ASSERT_TRUE(directory->sync().has_value());
    }
}

TEST_F(SegmentCompressorTest, BytesThatDidNotReachTheDiskAreNoticed) {
  // The kernel says so of the copy's first sync only; the last one finds nothing left to write.
  CompressionOptions options = test::small_blocks(300);
  options.sync_every_bytes = 200;
  EXPECT_FALSE(compress_and_between(options, [&](int pieces) {
                 if (pieces == 3) disk.fail({Call::kSyncData, EIO, ".tmp", 1});
               }).has_value());
  EXPECT_EQ(disk.names(), Names{plain});
}

TEST_F(SegmentCompressorTest, OneThatIsGivenUpLeavesTheOriginalAlone) {
  bool is_done = false;
  for (int pieces = 0; !is_done; ++pieces) {
    {
      SegmentCompressor compressor(*directory, kBegin, test::small_blocks(300));
      for (int i = 0; i < pieces && !is_done; ++i) is_done = !compressor.step().value();
    }
    ASSERT_EQ(disk.names(), is_done ? (Names{index, compressed}) : Names{plain}) << pieces;
    ASSERT_LT(pieces, 100);
  }
}

TEST_F(SegmentCompressorTest, WhatAnEarlierTryLeftIsReplaced) {
  for (const char* suffix : {".tmp", ""}) {
    disk.put(plain, content);
    disk.put(compressed + suffix, std::string(5000, 'x'));
    disk.put(index + suffix, "x");
    ASSERT_TRUE(compress().has_value());
    EXPECT_EQ(disk.names(), (Names{index, compressed}));
    EXPECT_EQ(decompressed(), content);
  }
}

TEST_F(SegmentCompressorTest, ASegmentRemovedMeanwhileStaysRemoved) {
  const auto done =
      compress_and_between(test::small_blocks(300), [&](int) { static_cast<void>(directory->remove(plain)); });
  EXPECT_EQ(test::code_of(done), base::ErrorCode::kNotFound);
  EXPECT_EQ(disk.names(), Names{});
}

TEST_F(SegmentCompressorTest, ASegmentRemovedAtTheLastMomentIsCompressedAllTheSame) {
  test::HookedDirectory hooked(*directory);
  hooked.before_remove = [&](const std::string& name) { static_cast<void>(directory->remove(name)); };
  EXPECT_TRUE(compress_segment(hooked, kBegin, test::small_blocks(300)).has_value());
  EXPECT_EQ(decompressed(), content);
}

TEST_F(SegmentCompressorTest, ACopyThatReadsOtherwiseIsDropped) {
  // A hole in the copy reads as NUL bytes and a line end, which is what the second original consists of.
  for (const std::string& original : {content, std::string(200, '\0') + "\n"})
    for (const std::string& harmed : {plain, compressed + ".tmp"}) {
      if (original != content && harmed == plain) continue;
      disk.put(plain, original);
      disk.forget_calls();
      const auto done = compress_and_between(test::small_blocks(300), [&](int) {
        const std::string_view parts[] = {"xxxxxxxxxxxxxxx"};
        if (disk.count(Call::kDropCache, ".tmp") > 0)
          static_cast<void>((*directory->open(harmed, OpenMode::kWrite))->write_at(0, parts));
      });
      EXPECT_EQ(test::code_of(done), base::ErrorCode::kDamaged);
      EXPECT_EQ(disk.names(), Names{plain});
    }
}

TEST_F(SegmentCompressorTest, ManyPiecesMakeOneBlock) {
  const std::string large = test::some_lines(3000, 500);
  disk.put(plain, large);
  ASSERT_TRUE(compress(test::small_blocks(1'000'000)).has_value());
  EXPECT_EQ(read_index(*directory, kBegin)->size(), 2U);
  EXPECT_EQ(decompressed(), large);
}

}  // namespace
}  // namespace crawlspool::spool
