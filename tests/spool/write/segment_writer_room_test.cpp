// A segment's writer where the disk has little room, or none.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "daemon/spool/write/segment_writer.h"
#include "tests/spool/write/writing_segment.h"
#include "tests/support/errors.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using test::Call;
using test::code_of;
using test::ForgetfulDisk;
using test::marked;
using test::seqs_in;
using test::spool_line;

class SegmentWriterRoom : public WritingSegment {};

TEST_F(SegmentWriterRoom, OnAFullDiskTheWholeLinesThatFitAreKept) {
  const std::string lines = spool_line(2) + spool_line(3) + spool_line(4);
  const std::string all = marked(spool_line(2), 0) + spool_line(3) + spool_line(4);
  const std::size_t mark_bytes = all.size() - lines.size();
  for (std::size_t room = 0; room <= all.size(); ++room) {
    disk = ForgetfulDisk();
    open();
    disk.set_capacity(room);
    const std::size_t kept = all.rfind('\n', room - 1) + 1;  // in the file, where it runs full at `room`
    const auto appended = append(lines);
    if (room == 0 || kept == 0)
      ASSERT_EQ(code_of(appended), ErrorCode::kDiskFull) << room;
    else
      ASSERT_EQ(appended, kept - mark_bytes) << room;
    ASSERT_EQ(content(), all.substr(0, room == 0 ? 0 : kept)) << room;
    ASSERT_EQ(writer->end(), content().size()) << room;
    disk.crash([] { return true; });  // the cut was synced: not even pages that had arrived bring it back
    ASSERT_EQ(content(), all.substr(0, content().size())) << room;
    ASSERT_LE(content().size(), writer->end()) << room;
  }
}

TEST_F(SegmentWriterRoom, TheRestIsTakenLaterWithAMarkOfItsOwn) {
  const std::string lines = spool_line(2) + spool_line(3) + spool_line(4);
  open();
  ASSERT_TRUE(append(spool_line(1)));
  const std::string before = content();
  disk.set_write_bytes_max(50);
  disk.fail({Call::kWrite, EDQUOT, kSegment, 4});  // in the second line
  EXPECT_EQ(append(lines), spool_line(2).size());
  EXPECT_EQ(content(), before + marked(spool_line(2), 0));
  const std::string rest = lines.substr(spool_line(2).size());
  EXPECT_EQ(append(rest, before.size()), rest.size());
  EXPECT_EQ(content(), before + marked(spool_line(2), 0) + marked(spool_line(3), before.size()) + spool_line(4));
}

TEST_F(SegmentWriterRoom, WhereNoLineFitsTheCutIsSyncedBeforeItReturns) {
  open();
  ASSERT_TRUE(append(spool_line(1)));
  ASSERT_TRUE(writer->sync());
  const std::string before = content();
  disk.set_write_bytes_max(50);
  for (const std::uint64_t nth : {1U, 2U, 4U}) {  // the second write and the fourth leave a torn line behind
    disk.fail({Call::kWrite, ENOSPC, kSegment, nth});
    EXPECT_EQ(code_of(append(spool_line(2, '"' + std::string(300, 'x') + '"'))), ErrorCode::kDiskFull);
    EXPECT_EQ(content(), before);
    disk.crash([] { return true; });
    EXPECT_EQ(content(), before);
  }
}

TEST_F(SegmentWriterRoom, ATornLineThatCannotBeCutIsAnErrorAndNoFullDisk) {
  for (const Call failing : {Call::kTruncate, Call::kSync}) {
    for (const int errno_value : {ENOSPC, EIO}) {
      disk = ForgetfulDisk();
      open();
      disk.set_write_bytes_max(50);
      disk.fail({Call::kWrite, ENOSPC, kSegment, 2});
      disk.fail({failing, errno_value, kSegment});
      EXPECT_EQ(code_of(append(spool_line(1))), ErrorCode::kIo);  // no one may wait for room here
    }
  }
}

TEST_F(SegmentWriterRoom, TheKeepFreeMarkIsHeldWithoutAWrite) {
  disk.set_capacity(10 * kMiB);
  open(9 * kMiB);
  const std::string large = spool_line(1, '"' + std::string(512 * 1024, 'x') + '"');
  ASSERT_TRUE(append(large));
  disk.forget_calls();
  EXPECT_EQ(code_of(append(large)), ErrorCode::kDiskFull);
  EXPECT_EQ(disk.changes(), 0U);
  EXPECT_TRUE(writer->has_room(1024));
  EXPECT_FALSE(writer->has_room(kMiB));
  disk.set_capacity(12 * kMiB);
  EXPECT_TRUE(append(large));
}

TEST_F(SegmentWriterRoom, PreallocationIsNotCountedAsUsed) {
  disk.set_capacity(4096 * kMiB);
  open(4000 * kMiB);
  const std::uint64_t free_before = free_bytes();
  ASSERT_TRUE(append(spool_line(1)));
  EXPECT_EQ(disk.count(Call::kPreallocate, kSegment), 0U);  // too near to the mark for a step of that size
  open(1024 * kMiB);
  ASSERT_TRUE(append(spool_line(1)));
  EXPECT_EQ(disk.count(Call::kPreallocate, kSegment), 1U);
  EXPECT_LT(disk.free_bytes(), 4060 * kMiB);
  EXPECT_EQ(free_bytes(), free_before - content().size());
  ASSERT_TRUE(append(spool_line(2)));
  EXPECT_EQ(disk.count(Call::kPreallocate, kSegment), 1U);
  EXPECT_EQ(free_bytes(), free_before - content().size());
}

TEST_F(SegmentWriterRoom, WhatACutGivesBackIsNotCountedTwice) {
  open();
  const std::uint64_t free_before = disk.free_bytes();
  ASSERT_TRUE(append(spool_line(1)));
  const std::uint64_t kept = content().size();
  ASSERT_TRUE(append(spool_line(2)));
  ASSERT_TRUE(writer->cut_back_to(kept));
  EXPECT_EQ(writer->unused_preallocation(), 0U);
  EXPECT_EQ(free_bytes(), free_before - kept);
}

TEST_F(SegmentWriterRoom, AFailedPreallocationIsNoError) {
  open();
  disk.fail({Call::kPreallocate, EOPNOTSUPP, kSegment});
  ASSERT_TRUE(append(spool_line(1)));
  ASSERT_TRUE(writer->sync());
  EXPECT_EQ(seqs_in(content()), std::vector<std::uint64_t>{1});
}

TEST_F(SegmentWriterRoom, TrimGivesThePreallocationBackDurably) {
  open();
  const std::uint64_t free_before = disk.free_bytes();
  ASSERT_TRUE(append(spool_line(1)));
  ASSERT_LT(disk.free_bytes(), free_before - kMiB);
  ASSERT_TRUE(writer->trim());
  EXPECT_EQ(disk.free_bytes(), free_before - content().size());
  EXPECT_EQ(writer->unused_preallocation(), 0U);
  disk.crash();
  EXPECT_EQ(seqs_in(content()), std::vector<std::uint64_t>{1});
}

}  // namespace
}  // namespace crawlspool::spool
