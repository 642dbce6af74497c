#include "daemon/spool/segment_writer.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "tests/support/errors.h"
#include "tests/support/forgetful_file_system.h"
#include "tests/support/spool_lines.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using test::Call;
using test::code_of;
using test::errno_of;
using test::ForgetfulDisk;
using test::marked;
using test::spool_line;

constexpr const char* kSegment = "segment";
constexpr std::uint64_t kMiB = 1024 * 1024;

class SegmentWriterTest : public ::testing::Test {
 protected:
  void open(std::uint64_t keep_free_bytes = 0, Position begin = 0) {
    directory = disk.open();
    auto segment = directory->open(kSegment, OpenMode::kCreate);
    ASSERT_TRUE(segment);
    auto opened = SegmentWriter::open(*directory, std::move(*segment), {begin, begin}, keep_free_bytes);
    ASSERT_TRUE(opened);
    writer = std::move(*opened);
    ASSERT_TRUE(directory->sync());
    disk.forget_calls();
  }
  base::Result<void> append(const std::string& lines) {
    const std::string_view chunks[] = {lines};
    return writer->append(chunks, lines.find('\n') + 1);
  }
  [[nodiscard]] std::string content() const { return disk.content(kSegment).value_or("no segment"); }
  [[nodiscard]] std::string durable_file() const { return disk.content(kDurableName).value_or("no durable"); }

  ForgetfulDisk disk;
  std::unique_ptr<Directory> directory;
  std::unique_ptr<SegmentWriter> writer;
};

TEST_F(SegmentWriterTest, DurableIsWrittenAfterTheSyncAndTheSyncAfterTheLines) {
  open();
  ASSERT_TRUE(append(spool_line(1)));
  EXPECT_EQ(writer->durable(), 0U);
  EXPECT_EQ(durable_file(), position_digits(0));
  ASSERT_TRUE(writer->sync());
  EXPECT_EQ(writer->durable(), content().size());
  EXPECT_EQ(durable_file(), position_digits(content().size()));

  std::vector<std::pair<Call, std::string>> order;
  for (const auto& call : disk.calls())
    if (call.call != Call::kPreallocate) order.emplace_back(call.call, call.name);
  EXPECT_EQ(order, (std::vector<std::pair<Call, std::string>>{
                       {Call::kWrite, kSegment}, {Call::kSyncData, kSegment}, {Call::kWrite, "durable"}}));
}

TEST_F(SegmentWriterTest, WhatWasSyncedOutlivesACrashAndDurableIsNeverAhead) {
  open();
  ASSERT_TRUE(append(spool_line(1)));
  ASSERT_TRUE(writer->sync());
  const std::string synced = content();
  ASSERT_TRUE(append(spool_line(2)));
  disk.crash();
  EXPECT_EQ(content(), synced);
  EXPECT_LE(parse_position_digits(durable_file()).value_or(0), synced.size());
}

TEST_F(SegmentWriterTest, TheFirstLineOfEachAppendCarriesTheSyncedPosition) {
  open(0, 5000);
  const std::string a = spool_line(1);
  const std::string b = spool_line(2);
  ASSERT_TRUE(append(a + b));
  std::string expected = marked(a, 5000) + b;
  EXPECT_EQ(content(), expected);
  ASSERT_TRUE(append(b));  // nothing synced since
  expected += marked(b, 5000);
  ASSERT_TRUE(writer->sync());
  const std::string chunk = b + a;
  const std::string_view chunks[] = {a, chunk, b};
  ASSERT_TRUE(writer->append(chunks, a.size()));
  expected += marked(a, 5000 + expected.size()) + b + a + b;
  EXPECT_EQ(content(), expected);
  EXPECT_EQ(writer->position(), 5000 + expected.size());
}

TEST_F(SegmentWriterTest, ShortWritesAreGoneOnWith) {
  for (const std::size_t bytes_max : {1U, 2U, 7U, 100U}) {
    disk = ForgetfulDisk();
    open();
    disk.set_write_bytes_max(bytes_max);
    ASSERT_TRUE(append(spool_line(1) + spool_line(2)));
    ASSERT_TRUE(append(spool_line(3)));
    ASSERT_TRUE(writer->sync());
    EXPECT_EQ(durable_file(), position_digits(writer->durable()));
    disk.crash();
    EXPECT_EQ(test::seqs_in(content()), (std::vector<std::uint64_t>{1, 2, 3}));
    EXPECT_EQ(content().size(), writer->durable());
  }
}

TEST_F(SegmentWriterTest, AfterAFullDiskAtAWriteNothingOfItIsThereAndTheSameLinesAreTakenLater) {
  open();
  ASSERT_TRUE(append(spool_line(1)));
  ASSERT_TRUE(writer->sync());
  const std::string before = content();
  disk.set_write_bytes_max(50);
  for (const std::uint64_t nth : {1U, 2U, 4U}) {  // the second write and the fourth leave a torn line behind
    disk.fail({Call::kWrite, nth == 2 ? EDQUOT : ENOSPC, kSegment, nth});
    EXPECT_EQ(code_of(append(spool_line(2) + spool_line(3))), ErrorCode::kDiskFull);
    EXPECT_EQ(content(), before);
    EXPECT_EQ(writer->position(), before.size());
    disk.crash([] { return true; });  // the cut was synced: not even pages that had arrived bring it back
    EXPECT_EQ(content(), before);
  }
  ASSERT_TRUE(append(spool_line(2) + spool_line(3)));
  ASSERT_TRUE(writer->sync());
  EXPECT_EQ(test::seqs_in(content()), (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST_F(SegmentWriterTest, AFullDiskAtAWriteKeepsWhatWasAppendedBefore) {
  open();
  ASSERT_TRUE(append(spool_line(1)));
  const std::string appended = content();
  disk.fail({Call::kWrite, ENOSPC, kSegment});
  EXPECT_FALSE(append(spool_line(2)));
  EXPECT_EQ(content(), appended);
  ASSERT_TRUE(writer->sync());
  EXPECT_EQ(writer->durable(), appended.size());
}

TEST_F(SegmentWriterTest, AfterAFullDiskAtTheSyncAllSinceTheLastSyncIsGoneAndTheSameLinesAreTakenLater) {
  open();
  ASSERT_TRUE(append(spool_line(1)));
  ASSERT_TRUE(writer->sync());
  const std::string before = content();
  ASSERT_TRUE(append(spool_line(2)));
  ASSERT_TRUE(append(spool_line(3)));
  disk.fail({Call::kSyncData, ENOSPC, kSegment});
  disk.forget_calls();
  EXPECT_EQ(code_of(writer->sync()), ErrorCode::kDiskFull);
  EXPECT_EQ(content(), before);
  EXPECT_EQ(writer->position(), before.size());
  EXPECT_EQ(disk.count(Call::kSync, kSegment), 1U);  // of the cut
  ASSERT_TRUE(append(spool_line(2) + spool_line(3)));
  ASSERT_TRUE(writer->sync());
  disk.crash();
  EXPECT_EQ(test::seqs_in(content()), (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST_F(SegmentWriterTest, AFailedCutIsFinalEvenForAFullDisk) {
  for (const Call failing : {Call::kTruncate, Call::kSync}) {
    disk = ForgetfulDisk();
    open();
    ASSERT_TRUE(append(spool_line(1)));
    disk.fail({Call::kSyncData, ENOSPC, kSegment});
    disk.fail({failing, ENOSPC, kSegment});
    EXPECT_EQ(code_of(writer->sync()), ErrorCode::kIo);  // no one may wait for room here
    EXPECT_EQ(code_of(append(spool_line(1))), ErrorCode::kIo);
  }
}

TEST_F(SegmentWriterTest, WhereNothingMayBeTakenBackAFullDiskAtTheSyncIsFinal) {
  open();
  ASSERT_TRUE(append(spool_line(1)));
  const std::string appended = content();
  disk.fail({Call::kSyncData, ENOSPC, kSegment});
  EXPECT_EQ(code_of(writer->sync(SegmentWriter::IfFull::kFail)), ErrorCode::kIo);
  EXPECT_EQ(content(), appended);
  EXPECT_EQ(code_of(append(spool_line(2))), ErrorCode::kIo);
}

TEST_F(SegmentWriterTest, AStorageErrorSticksAndTheFileIsNotTouchedAgain) {
  for (const Call failing : {Call::kWrite, Call::kSyncData}) {
    disk = ForgetfulDisk();
    open();
    disk.fail({failing, EIO, kSegment});
    const auto appended = append(spool_line(1));
    const auto synced = writer->sync();
    EXPECT_EQ(appended.has_value(), failing == Call::kSyncData);
    EXPECT_EQ(code_of(synced), ErrorCode::kIo);
    EXPECT_EQ(errno_of(synced), EIO);
    disk.clear_faults();  // the disk would work again, and must not be asked
    disk.forget_calls();
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(errno_of(append(spool_line(2))), EIO);
      EXPECT_EQ(errno_of(writer->sync()), EIO);
      EXPECT_EQ(errno_of(writer->probe()), EIO);
      EXPECT_EQ(errno_of(writer->close()), EIO);
    }
    EXPECT_EQ(disk.changes(), 0U);
    EXPECT_EQ(writer->durable(), 0U);
  }
}

TEST_F(SegmentWriterTest, AnUnwritableDurableFileIsFinal) {
  for (const int errno_value : {EIO, ENOSPC}) {
    disk = ForgetfulDisk();
    open();
    ASSERT_TRUE(append(spool_line(1)));
    disk.fail({Call::kWrite, errno_value, "durable"});
    EXPECT_EQ(code_of(writer->sync()), ErrorCode::kIo);
    EXPECT_EQ(code_of(append(spool_line(2))), ErrorCode::kIo);
    EXPECT_EQ(durable_file(), position_digits(0));
  }
}

TEST_F(SegmentWriterTest, TheKeepFreeMarkIsHeldWithoutAWrite) {
  disk.set_capacity(10 * kMiB);
  open(9 * kMiB);
  const std::string large = spool_line(1, '"' + std::string(512 * 1024, 'x') + '"');
  ASSERT_TRUE(append(large));
  disk.forget_calls();
  EXPECT_EQ(code_of(append(large)), ErrorCode::kDiskFull);
  EXPECT_EQ(disk.changes(), 0U);
  EXPECT_TRUE(writer->has_room(1024, 0));
  EXPECT_FALSE(writer->has_room(1024, kMiB));
  disk.set_capacity(12 * kMiB);
  EXPECT_TRUE(append(large));
}

TEST_F(SegmentWriterTest, PreallocationIsNotCountedAsUsed) {
  disk.set_capacity(4096 * kMiB);
  open(4000 * kMiB);
  const std::uint64_t free_before = writer->free_bytes();
  ASSERT_TRUE(append(spool_line(1)));
  EXPECT_EQ(disk.count(Call::kPreallocate, kSegment), 0U);  // too near to the mark for a step of that size
  writer.reset();
  open(1024 * kMiB);
  ASSERT_TRUE(append(spool_line(1)));
  EXPECT_EQ(disk.count(Call::kPreallocate, kSegment), 1U);
  EXPECT_LT(disk.free_bytes(), 4060 * kMiB);
  EXPECT_EQ(writer->free_bytes(), free_before - content().size());
  ASSERT_TRUE(append(spool_line(2)));
  EXPECT_EQ(disk.count(Call::kPreallocate, kSegment), 1U);
  EXPECT_EQ(writer->free_bytes(), free_before - content().size());
}

TEST_F(SegmentWriterTest, AFailedPreallocationIsNoError) {
  open();
  disk.fail({Call::kPreallocate, EOPNOTSUPP, kSegment});
  ASSERT_TRUE(append(spool_line(1)));
  ASSERT_TRUE(writer->sync());
  EXPECT_EQ(test::seqs_in(content()), std::vector<std::uint64_t>{1});
}

TEST_F(SegmentWriterTest, CloseSyncsAndGivesThePreallocationBack) {
  open();
  const std::uint64_t free_before = disk.free_bytes();
  ASSERT_TRUE(append(spool_line(1)));
  ASSERT_TRUE(writer->close());
  EXPECT_EQ(disk.free_bytes(), free_before - content().size());
  EXPECT_EQ(writer->free_bytes(), disk.free_bytes());
  disk.crash();
  EXPECT_EQ(test::seqs_in(content()), std::vector<std::uint64_t>{1});
}

TEST_F(SegmentWriterTest, AProbeSyncsAWriteAndLeavesTheSegmentAlone) {
  open();
  ASSERT_TRUE(append(spool_line(1)));
  disk.forget_calls();
  ASSERT_TRUE(writer->probe());
  EXPECT_EQ(disk.count(Call::kSyncData, "durable"), 1U);
  EXPECT_EQ(disk.count(Call::kWrite, kSegment) + disk.count(Call::kSyncData, kSegment), 0U);
  EXPECT_EQ(writer->durable(), 0U);
  disk.fail({Call::kSyncData, ENOSPC, "durable"});
  EXPECT_EQ(code_of(writer->probe()), ErrorCode::kDiskFull);
  EXPECT_TRUE(writer->probe());
  disk.fail({Call::kSyncData, EIO, "durable"});
  EXPECT_EQ(errno_of(writer->probe()), EIO);
  EXPECT_EQ(errno_of(append(spool_line(2))), EIO);
}

TEST_F(SegmentWriterTest, ALongerDurableFileIsBroughtToItsLength) {
  disk.put(std::string(kDurableName), std::string(40, '9'));
  open();
  EXPECT_EQ(durable_file(), position_digits(0));
}

}  // namespace
}  // namespace crawlspool::spool
