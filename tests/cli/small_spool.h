// A spool with one of everything: a compressed segment of several zstd blocks, a plain one, the active one, both
// snapshots, the durable file and a cursor. Small enough to be damaged at each byte in turn.
#pragma once

#include <filesystem>
#include <memory>
#include <set>

#include "daemon/spool/compressed/segment_compressor.h"
#include "daemon/spool/control/cursor.h"
#include "daemon/spool/control/snapshot.h"
#include "daemon/spool/storage/posix_file_system.h"
#include "tests/cli/command_fixture.h"

namespace crawlspool::cli {

class SmallSpoolTest : public CommandTest {
 protected:
  static constexpr int kLinesASegment = 3;

  void SetUp() override {
    make_spool("");
    std::filesystem::remove(temp.path() / "00000000000000000000.ndjson.open");
    directory = spool::open_posix_directory(spool_path, spool::IfMissing::kFail).value();
    compressed = add_segment(spool::SegmentKind::kSealed);
    spool::CompressionOptions options;
    options.block_bytes_min = 2 * line_bytes;
    ASSERT_TRUE(spool::compress_segment(*directory, compressed.begin, options));
    plain = add_segment(spool::SegmentKind::kSealed);
    active = add_segment(spool::SegmentKind::kOpen);
    set_durable(content.size());
    add_snapshots();
    ASSERT_TRUE(spool::store_cursor(*directory, "reader", cursor_behind(7)));
  }

  // By name: a file of the spool as it is.
  [[nodiscard]] std::string read(const std::string& file) const { return test::read_all(temp.file(file)); }
  void put(const std::string& file, const std::string& bytes) { static_cast<void>(temp.write(file, bytes)); }
  [[nodiscard]] std::size_t line_start(std::size_t position) const { return position - position % line_bytes; }

  struct Part {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string file;
  };
  const std::size_t line_bytes = session_line(10).size();
  std::string content;  // the whole spool's
  Part compressed;
  Part plain;
  Part active;
  const std::string index = spool::index_file_name(0);
  std::unique_ptr<spool::Directory> directory;

 private:
  static std::string session_line(unsigned seq) {
    return make_line({.session = "0123456789abcdef", .seq = seq, .stream = "s", .record = std::to_string(seq)});
  }
  Part add_segment(spool::SegmentKind kind) {
    const std::size_t begin = content.size();
    for (int i = 0; i < kLinesASegment; ++i)
      content += session_line(static_cast<unsigned>(begin / line_bytes) + 10 + i);
    const std::string file = spool::segment_file_name({begin, kind});
    put(file, content.substr(begin));
    return {begin, content.size(), begin == 0 ? spool::segment_file_name({0, spool::SegmentKind::kCompressed}) : file};
  }
  void add_snapshots() {
    spool::SnapshotWriter writer(*directory, kSpoolId, {});
    spool::Snapshot snapshot{active.begin, 1'795'147'506'123'456, {}};
    snapshot.sessions.advance(0x0123456789abcdef, {}, 19, 1'795'147'506'123'456);
    ASSERT_TRUE(writer.write(snapshot));
    snapshot.position = content.size();
    ASSERT_TRUE(writer.write(snapshot));
  }
  [[nodiscard]] spool::Cursor cursor_behind(std::size_t lines) const {
    const std::string last = content.substr((lines - 1) * line_bytes, line_bytes);
    return {kSpoolId, lines * line_bytes, line_bytes, spool::crc32(last)};
  }
};

// The line that begins there is printed.
inline bool prints(const Ran& ran, const std::string& line) { return ran.out.find(line) != std::string::npos; }

}  // namespace crawlspool::cli
