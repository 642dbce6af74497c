#include "daemon/spool/segment_writer.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "daemon/spool/posix_file_system.h"
#include "tests/support/errors.h"
#include "tests/support/forgetful_file_system.h"
#include "tests/support/spool_lines.h"
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

constexpr const char* kSegment = "segment";
constexpr std::uint64_t kMiB = 1024 * 1024;

class SegmentWriterTest : public ::testing::Test {
 protected:
  void open(std::uint64_t keep_free_bytes = 0, Position begin = 0) {
    writer.reset();
    directory = disk.open();
    auto segment = directory->open(kSegment, OpenMode::kCreate);
    ASSERT_TRUE(segment);
    ASSERT_TRUE(directory->sync());
    const SegmentWriter::Start start{begin, begin + (*segment)->size().value_or(0)};
    writer = std::make_unique<SegmentWriter>(*directory, std::move(*segment), start,
                                             SegmentWriter::Limits{keep_free_bytes, 0});
    disk.forget_calls();
  }
  base::Result<std::size_t> append(const std::string& lines, Position synced = 0) {
    const std::string_view chunks[] = {lines};
    return writer->append(chunks, lines.find('\n') + 1, synced);
  }
  [[nodiscard]] std::string content() const { return disk.content(kSegment).value_or("no segment"); }
  [[nodiscard]] std::uint64_t free_bytes() const { return disk.free_bytes() + writer->unused_preallocation(); }

  ForgetfulDisk disk;
  std::unique_ptr<Directory> directory;
  std::unique_ptr<SegmentWriter> writer;
};

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

TEST_F(SegmentWriterTest, OnAFullDiskTheWholeLinesThatFitAreKept) {
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

TEST_F(SegmentWriterTest, TheRestIsTakenLaterWithAMarkOfItsOwn) {
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

TEST_F(SegmentWriterTest, WhereNoLineFitsTheCutIsSyncedBeforeItReturns) {
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

TEST_F(SegmentWriterTest, ATornLineThatCannotBeCutIsAnErrorAndNoFullDisk) {
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

TEST_F(SegmentWriterTest, TheKeepFreeMarkIsHeldWithoutAWrite) {
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

TEST_F(SegmentWriterTest, PreallocationIsNotCountedAsUsed) {
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

TEST_F(SegmentWriterTest, AFailedPreallocationIsNoError) {
  open();
  disk.fail({Call::kPreallocate, EOPNOTSUPP, kSegment});
  ASSERT_TRUE(append(spool_line(1)));
  ASSERT_TRUE(writer->sync());
  EXPECT_EQ(seqs_in(content()), std::vector<std::uint64_t>{1});
}

TEST_F(SegmentWriterTest, TrimGivesThePreallocationBackDurably) {
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
