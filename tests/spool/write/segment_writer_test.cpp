#include "daemon/spool/write/segment_writer.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "daemon/spool/storage/posix_file_system.h"
#include "tests/spool/write/writing_segment.h"
#include "tests/support/errors.h"
#include "tests/support/storage_calls.h"
#include "tests/support/temp_dir.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using test::Call;
using test::code_of;
using test::errno_of;
using test::ForgetfulDisk;
using test::marked;
using test::seqs_in;
using test::spool_line;

class SegmentWriterTest : public WritingSegment {};

TEST_F(SegmentWriterTest, WhatWasSyncedOutlivesACrashAndNothingElseDoes) {
  open();
  ASSERT_TRUE(append(spool_line(1)));
  ASSERT_TRUE(writer->sync());
  const std::string synced = content();
  ASSERT_TRUE(append(spool_line(2)));
  disk.crash();
  EXPECT_EQ(content(), synced);
}

TEST_F(SegmentWriterTest, TheFirstLineOfEachAppendCarriesTheSyncedPosition) {
  open(0, 5000);
  const std::string a = spool_line(1);
  const std::string b = spool_line(2);
  EXPECT_EQ(append(a + b, 5000), a.size() + b.size());  // the mark is no part of what was offered
  std::string expected = marked(a, 5000) + b;
  EXPECT_EQ(content(), expected);
  EXPECT_EQ(append(b, 5000), b.size());  // nothing synced since
  expected += marked(b, 5000);
  const std::string chunk = b + a;
  const std::string_view chunks[] = {a, chunk, b};
  EXPECT_EQ(writer->append(chunks, a.size(), 5000 + expected.size()), 2 * (a.size() + b.size()));
  expected += marked(a, 5000 + expected.size()) + b + a + b;
  EXPECT_EQ(content(), expected);
  EXPECT_EQ(writer->end(), 5000 + expected.size());
}

TEST_F(SegmentWriterTest, ASegmentIsGoneOnWithAtItsEnd) {
  disk.put(kSegment, spool_line(1));
  open();
  ASSERT_TRUE(append(spool_line(2)));
  EXPECT_EQ(content(), spool_line(1) + marked(spool_line(2), 0));
}

TEST_F(SegmentWriterTest, ShortWritesAreGoneOnWith) {
  for (const std::size_t bytes_max : {1U, 2U, 7U, 100U}) {
    disk = ForgetfulDisk();
    open();
    disk.set_write_bytes_max(bytes_max);
    EXPECT_EQ(append(spool_line(1) + spool_line(2)), spool_line(1).size() * 2);
    ASSERT_TRUE(append(spool_line(3)));
    ASSERT_TRUE(writer->sync());
    disk.crash();
    EXPECT_EQ(seqs_in(content()), (std::vector<std::uint64_t>{1, 2, 3}));
    EXPECT_EQ(content().size(), writer->end());
  }
}

TEST_F(SegmentWriterTest, OtherErrorsOfAWriteAndASyncAreHandedOut) {
  open();
  disk.fail({Call::kWrite, EIO, kSegment});
  EXPECT_EQ(errno_of(append(spool_line(1))), EIO);
  disk.fail({Call::kSyncData, EIO, kSegment});
  EXPECT_EQ(errno_of(writer->sync()), EIO);
  disk.fail({Call::kSyncData, ENOSPC, kSegment});
  EXPECT_EQ(code_of(writer->sync()), ErrorCode::kDiskFull);
}

TEST_F(SegmentWriterTest, CutBackTheSameLinesAreTakenAgain) {
  open();
  ASSERT_TRUE(append(spool_line(1)));
  ASSERT_TRUE(writer->sync());
  const std::string before = content();
  ASSERT_TRUE(append(spool_line(2)));
  disk.forget_calls();
  ASSERT_TRUE(writer->cut_back_to(before.size()));
  EXPECT_EQ(content(), before);
  EXPECT_EQ(writer->end(), before.size());
  EXPECT_LT(place_of(disk, Call::kTruncate, kSegment), place_of(disk, Call::kSync, kSegment));
  EXPECT_EQ(disk.count(Call::kSync, kSegment), 1U);
  ASSERT_TRUE(append(spool_line(2), before.size()));
  ASSERT_TRUE(writer->sync());
  disk.crash();
  EXPECT_EQ(seqs_in(content()), (std::vector<std::uint64_t>{1, 2}));
}

TEST_F(SegmentWriterTest, TheSyncOfASegmentThatSomebodyHasRemovedFails) {
  const test::TempDir temp;
  const auto spool = open_posix_directory(temp.path().string(), IfMissing::kFail);
  auto segment = (*spool)->open(kSegment, OpenMode::kCreate);
  SegmentWriter removed(**spool, std::move(*segment), {0, 0}, {});
  const std::string line = spool_line(1);
  const std::string_view chunks[] = {line};
  ASSERT_TRUE(removed.append(chunks, line.size(), 0));
  EXPECT_TRUE(removed.sync());
  ASSERT_TRUE((*spool)->remove(kSegment));
  EXPECT_EQ(code_of(removed.sync()), ErrorCode::kIo);
}

}  // namespace
}  // namespace crawlspool::spool
