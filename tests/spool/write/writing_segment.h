// A segment's writer on a forgetful disk.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "daemon/spool/write/segment_writer.h"
#include "tests/support/forgetful_file_system.h"
#include "tests/support/spool_lines.h"

namespace crawlspool::spool {

class WritingSegment : public ::testing::Test {
 protected:
  static constexpr const char* kSegment = "segment";
  static constexpr std::uint64_t kMiB = 1024 * 1024;

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

  test::ForgetfulDisk disk;
  std::unique_ptr<Directory> directory;
  std::unique_ptr<SegmentWriter> writer;
};

}  // namespace crawlspool::spool
