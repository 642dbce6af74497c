#include "daemon/spool/compressed/segment_packer.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "daemon/spool/compressed/segment_index.h"
#include "tests/support/directory_hooks.h"
#include "tests/support/errors.h"
#include "tests/support/packed_segment.h"

namespace crawlspool::spool {
namespace {

using test::Call;
using test::file_of;

constexpr Position kBegin = 4096;

class SegmentPackerTest : public ::testing::Test {
 protected:
  void SetUp() override { disk.put(plain, content); }

  [[nodiscard]] base::Result<PackedSegment> pack(const PackOptions& options = test::small_blocks(300)) {
    return pack_segment(*directory, kBegin, options);
  }
  // Calls `between` with the number of pieces done so far, but for the last one.
  base::Result<PackedSegment> pack_and_between(const PackOptions& options, const std::function<void(int)>& between) {
    SegmentPacker packer(*directory, kBegin, options);
    for (int pieces = 1;; ++pieces) {
      const auto has_more = packer.step();
      if (!has_more) return tl::unexpected(has_more.error());
      if (!*has_more) return packer.packed();
      between(pieces);
    }
  }
  // Through the index or without it.
  [[nodiscard]] std::string unpacked() {
    const auto source = PackedSource::open(*directory, kBegin, std::nullopt);
    return source ? test::read_whole(**source, 1000) : "cannot be opened";
  }
  // What is there is all of it, plain or packed.
  void expect_nothing_lost(const std::string& where) {
    if (disk.content(plain))
      EXPECT_EQ(*disk.content(plain), content) << where;
    else
      EXPECT_EQ(unpacked(), content) << where;
    if (disk.content(packed)) {
      EXPECT_EQ(unpacked(), content) << where;
    }
  }

  const std::string content = test::some_lines(12);
  const std::string plain = file_of(kBegin, SegmentKind::kSealed);
  const std::string packed = file_of(kBegin, SegmentKind::kCompressed);
  const std::string index = index_file_name(kBegin);
  test::ForgetfulDisk disk;
  std::unique_ptr<Directory> directory = disk.open();
};

using Names = std::vector<std::string>;

TEST_F(SegmentPackerTest, TheCopyTakesTheOriginalsPlace) {
  const auto done = pack();
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(disk.names(), (Names{index, packed}));
  EXPECT_EQ(unpacked(), content);
  EXPECT_EQ(done->content_bytes, content.size());
  EXPECT_EQ(done->file_bytes, disk.content(packed)->size());
  EXPECT_EQ(done->timestamps, (TimestampRange{"2026-11-20T04:05:06.123456Z", "2026-11-20T04:05:06.123456Z"}));
}

TEST_F(SegmentPackerTest, BlocksEndWithLinesAndHoldTheLeastOrMore) {
  ASSERT_TRUE(pack().has_value());
  const auto blocks = read_index(*directory, kBegin);
  ASSERT_TRUE(blocks.has_value());
  EXPECT_GT(blocks->size(), 3U);
  EXPECT_EQ(content_bytes(*blocks), content.size());
  EXPECT_EQ(file_bytes(*blocks), disk.content(packed)->size());
  for (const Block& block : *blocks) {
    EXPECT_EQ(content[block.position + block.bytes - 1 - kBegin], '\n');
    EXPECT_TRUE(block.bytes >= 300U || &block == &blocks->back());
    EXPECT_LT(block.bytes, 300U + 200U);
  }
}

TEST_F(SegmentPackerTest, BytesAreBytes) {
  for (const std::string& odd : {std::string("\n"), std::string("no line end"), std::string(700, '\0'),
                                 test::some_lines(5) + std::string(900, '\0') + "\n\n{\"ts\":\"", std::string()}) {
    disk.put(plain, odd);
    ASSERT_TRUE(pack().has_value()) << odd;
    EXPECT_EQ(unpacked(), odd);
    EXPECT_TRUE(read_index(*directory, kBegin).has_value());
  }
}

TEST_F(SegmentPackerTest, EachBlockKnowsItsLeastAndGreatestTimestamp) {
  const auto line = [](const std::string& hour, const std::string& front = "{") {
    return front + "\"ts\":\"2026-11-20T" + hour + ":05:06.123456Z\",\"via\":\"tcp\"}\n";
  };
  disk.put(plain, line("04") + line("03", "{\"synced\":12,") + "\n" + line("07") + "no ts\n" + line("zz"));
  ASSERT_TRUE(pack(test::small_blocks(100)).has_value());
  const auto blocks = read_index(*directory, kBegin);
  ASSERT_TRUE(blocks && blocks->size() == 2U);
  EXPECT_EQ(blocks->front().timestamps, (TimestampRange{"2026-11-20T03:05:06.123456Z", "2026-11-20T04:05:06.123456Z"}));
  EXPECT_EQ(blocks->back().timestamps, (TimestampRange{"2026-11-20T07:05:06.123456Z", "2026-11-20T07:05:06.123456Z"}));
}

TEST_F(SegmentPackerTest, WithoutAnOriginalThereIsNothingToPack) {
  ASSERT_TRUE(directory->remove(plain).has_value());
  EXPECT_EQ(test::code_of(pack()), base::ErrorCode::kNotFound);
  EXPECT_EQ(disk.names(), Names{});
}

TEST_F(SegmentPackerTest, TheOriginalGoesOnlyWhenTheCopyIsDurableUnderItsName) {
  ASSERT_TRUE(pack().has_value());
  std::vector<std::string> order;
  for (const auto& call : disk.calls()) {
    if (call.call == Call::kSync && call.name == packed + ".tmp") order.emplace_back("synced");
    if (call.call == Call::kDropCache && call.name == packed + ".tmp") order.emplace_back("dropped from the cache");
    if (call.call == Call::kRead && call.name == packed + ".tmp" && order.back() != "read back")
      order.emplace_back("read back");
    if (call.call == Call::kRename && call.name == index) order.emplace_back("index named");
    if (call.call == Call::kRename && call.name == packed) order.emplace_back("named");
    if (call.call == Call::kSyncDirectory) order.emplace_back("directory synced");
    if (call.call == Call::kRemove && call.name == plain) order.emplace_back("original removed");
  }
  EXPECT_EQ(order, (std::vector<std::string>{"synced", "dropped from the cache", "read back", "index named",
                                             "directory synced", "named", "directory synced", "original removed"}));
}

TEST_F(SegmentPackerTest, TheCopyIsSyncedInSteps) {
  PackOptions options = test::small_blocks(300);
  options.sync_every_bytes = 200;
  ASSERT_TRUE(pack(options).has_value());
  EXPECT_GE(disk.count(Call::kSyncData, ".tmp"), 3U);
}

TEST_F(SegmentPackerTest, AnyCallMayFailAndTheNextTrySucceeds) {
  for (const Call call : {Call::kRead, Call::kWrite, Call::kSyncData, Call::kSync, Call::kTruncate, Call::kCreate,
                          Call::kRename, Call::kRemove, Call::kSyncDirectory})
    for (const int errno_value : {EIO, ENOSPC})
      for (std::uint64_t nth = 1;; ++nth) {
        const std::string where = std::to_string(static_cast<int>(call)) + " number " + std::to_string(nth);
        disk.fail({call, errno_value, "", nth});
        PackOptions options = test::small_blocks(300);
        options.sync_every_bytes = 200;
        const bool is_done = pack(options).has_value();
        disk.clear_faults();
        expect_nothing_lost(where);
        if (!is_done) {
          ASSERT_EQ(disk.content(plain), content) << where;
          for (const std::string& name : disk.names()) EXPECT_FALSE(name.ends_with(".tmp")) << where << ": " << name;
          ASSERT_TRUE(pack().has_value()) << where;
        }
        EXPECT_EQ(disk.names(), (Names{index, packed})) << where;
        disk.put(plain, content);
        ASSERT_TRUE(directory->remove(packed).has_value());
        ASSERT_TRUE(directory->remove(index).has_value());
        if (is_done) break;
      }
}

TEST_F(SegmentPackerTest, ACrashAnywhereLosesNothingAndTheNextTrySucceeds) {
  bool is_done = false;
  for (std::uint64_t changes = 0; !is_done; ++changes)
    for (unsigned seed = 0; seed < 8; ++seed) {
      unsigned state = seed;
      disk.stop_after(changes);
      is_done = pack().has_value();
      disk.crash([&] { return (state++ & 1U) != 0 ? (seed & 2U) != 0 : (seed & 4U) != 0; });
      const std::string where = std::to_string(changes) + ", " + std::to_string(seed);
      ASSERT_TRUE(disk.content(plain) || disk.content(packed)) << where;
      expect_nothing_lost(where);
      disk.put(plain, content);
      ASSERT_TRUE(pack().has_value()) << where;
      EXPECT_EQ(disk.names(), (Names{index, packed})) << where;
      disk.put(plain, content);
      ASSERT_TRUE(directory->remove(packed).has_value());
      ASSERT_TRUE(directory->remove(index).has_value());
      ASSERT_TRUE(directory->sync().has_value());
    }
}

TEST_F(SegmentPackerTest, BytesThatDidNotReachTheDiskAreNoticed) {
  // The kernel says so of the copy's first sync only; the last one finds nothing left to write.
  PackOptions options = test::small_blocks(300);
  options.sync_every_bytes = 200;
  EXPECT_FALSE(pack_and_between(options, [&](int pieces) {
                 if (pieces == 3) disk.fail({Call::kSyncData, EIO, ".tmp", 1});
               }).has_value());
  EXPECT_EQ(disk.names(), Names{plain});
}

TEST_F(SegmentPackerTest, OneThatIsGivenUpLeavesTheOriginalAlone) {
  bool is_done = false;
  for (int pieces = 0; !is_done; ++pieces) {
    {
      SegmentPacker packer(*directory, kBegin, test::small_blocks(300));
      for (int i = 0; i < pieces && !is_done; ++i) is_done = !packer.step().value();
    }
    ASSERT_EQ(disk.names(), is_done ? (Names{index, packed}) : Names{plain}) << pieces;
    ASSERT_LT(pieces, 100);
  }
}

TEST_F(SegmentPackerTest, WhatAnEarlierTryLeftIsReplaced) {
  for (const char* suffix : {".tmp", ""}) {
    disk.put(plain, content);
    disk.put(packed + suffix, std::string(5000, 'x'));
    disk.put(index + suffix, "x");
    ASSERT_TRUE(pack().has_value());
    EXPECT_EQ(disk.names(), (Names{index, packed}));
    EXPECT_EQ(unpacked(), content);
  }
}

TEST_F(SegmentPackerTest, ASegmentRemovedMeanwhileStaysRemoved) {
  const auto done =
      pack_and_between(test::small_blocks(300), [&](int) { static_cast<void>(directory->remove(plain)); });
  EXPECT_EQ(test::code_of(done), base::ErrorCode::kNotFound);
  EXPECT_EQ(disk.names(), Names{});
}

TEST_F(SegmentPackerTest, ASegmentRemovedAtTheLastMomentIsPackedAllTheSame) {
  test::HookedDirectory hooked(*directory);
  hooked.before_remove = [&](const std::string& name) { static_cast<void>(directory->remove(name)); };
  EXPECT_TRUE(pack_segment(hooked, kBegin, test::small_blocks(300)).has_value());
  EXPECT_EQ(unpacked(), content);
}

TEST_F(SegmentPackerTest, ACopyThatReadsOtherwiseIsDropped) {
  // A hole in the copy reads as NUL bytes and a line end, which is what the second original consists of.
  for (const std::string& original : {content, std::string(200, '\0') + "\n"})
    for (const std::string& harmed : {plain, packed + ".tmp"}) {
      if (original != content && harmed == plain) continue;
      disk.put(plain, original);
      disk.forget_calls();
      const auto done = pack_and_between(test::small_blocks(300), [&](int) {
        const std::string_view parts[] = {"xxxxxxxxxxxxxxx"};
        if (disk.count(Call::kDropCache, ".tmp") > 0)
          static_cast<void>((*directory->open(harmed, OpenMode::kWrite))->write_at(0, parts));
      });
      EXPECT_EQ(test::code_of(done), base::ErrorCode::kDamaged);
      EXPECT_EQ(disk.names(), Names{plain});
    }
}

TEST_F(SegmentPackerTest, ManyPiecesMakeOneBlock) {
  const std::string large = test::some_lines(3000, 500);
  disk.put(plain, large);
  ASSERT_TRUE(pack(test::small_blocks(1'000'000)).has_value());
  EXPECT_EQ(read_index(*directory, kBegin)->size(), 2U);
  EXPECT_EQ(unpacked(), large);
}

}  // namespace
}  // namespace crawlspool::spool
