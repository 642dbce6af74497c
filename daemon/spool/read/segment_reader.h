// Reads a spool directory line by line, in order of position, for commands and consumers. It works without a daemon,
// and beside one, which may seal, compress and remove segments meanwhile. It opens files for reading only, takes no
// lock and writes nothing. Source: FORMAT.md, "Files" and "A line".
//
//   segment's lines ──► end of file ──► sealed? ──► rest read once more ──► next segment
//         ▲                                │ no
//         └────── grown since ◄── nothing, or an unfinished tail
//
// The end is never final: next() may be called again later and goes on with what has been added since.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/spool/lines/line_scanner.h"
#include "daemon/spool/read/segment_list.h"
#include "daemon/spool/storage/file_system.h"
#include "daemon/spool/storage/layout.h"

namespace crawlspool::spool {

// Hears, beside the lines, of what could not be read. Damaged lines are not reported here: they are handed out as such.
class LossReporter {
 public:
  virtual ~LossReporter() = default;
  // No segment holds these bytes, though the one before, or the place that was asked for, says that they were there.
  // They were damaged, or removed by retention or by hand.
  virtual void missing(Position position, std::uint64_t bytes) = 0;
  // These bytes were removed at the spool's beginning while it was being read.
  virtual void removed(Position position, std::uint64_t bytes) { missing(position, bytes); }
  // Two segments hold these bytes; those of the first are handed out.
  virtual void doubled(Position position, std::uint64_t bytes) = 0;
  // These bytes were handed out and have been cut off since; what is written there now comes next.
  virtual void taken_back(Position position, std::uint64_t bytes) = 0;
  // The file is a link, no regular file, not ours to read, or failed to be read: its lines from there on are skipped.
  virtual void skipped(const std::string& file, const base::Error& why) = 0;
};

enum class LineKind {
  kSound,
  kBlank,       // spaces only: where damage was repaired
  kDamaged,     // checksum mismatch; what is too long for a line comes in pieces side by side
  kUnfinished,  // the tail of the active segment without its \n; handed out again when there is more of it
};

struct ReadLine {
  Position position;
  std::string_view bytes;   // with its \n, if it has one; valid until the next call
  std::string_view record;  // within `bytes`; kSound only
  LineKind kind;
};

class SegmentReader {
 public:
  // Reads from the first line that begins at or after `from`, which is at most the spool's end; 0 stands for wherever
  // the spool begins. Both references outlive the reader.
  SegmentReader(Directory& directory, LossReporter& losses, Position from = 0)
      : directory_(directory), losses_(losses), position_(from) {}

  // Returns the next line, or nothing at the end for now. Fails only if the directory itself cannot be read.
  [[nodiscard]] base::Result<std::optional<ReadLine>> next();

  // Returns the position behind the last line handed out.
  [[nodiscard]] Position position() const { return position_; }
  // Whether the file that should hold what comes next was skipped.
  [[nodiscard]] bool is_cut_short() const { return gap_is_reported_; }

 private:
  enum class AtEnd { kLookAgain, kWaiting, kFinished };

  [[nodiscard]] base::Result<bool> enter_next_segment();
  [[nodiscard]] bool enter_listed_segment();
  [[nodiscard]] std::size_t choose(const std::vector<Segment>& segments) const;
  [[nodiscard]] bool leaves_gap(Position begin) const;
  void enter(const Segment& segment, std::unique_ptr<ByteSource> source, bool is_spools_first);
  void skip(const std::string& file, const base::Error& why);
  [[nodiscard]] std::optional<ReadLine> take(const ScannedLine& line);
  [[nodiscard]] std::optional<ReadLine> take_unfinished(const ScannedLine& tail);
  [[nodiscard]] std::optional<ReadLine> leave_segment(const ScannedLine& tail);
  [[nodiscard]] AtEnd look_at_end(std::uint64_t read_to);
  [[nodiscard]] bool still_has_open_name();
  void restart_scanner();

  Directory& directory_;
  LossReporter& losses_;
  Position position_;

  // These say which segment is being read, if source_ is set, and otherwise which was read or skipped last.
  std::optional<Position> begin_;
  std::string file_name_;
  std::vector<Segment> listed_;  // some time ago
  std::unique_ptr<ByteSource> source_;
  std::optional<LineScanner> scanner_;
  bool is_active_ = false;                 // may still be written to
  bool skip_first_line_ = false;           // the scanner began one byte early, to find a line's start
  bool gap_is_reported_ = false;           // the file that should hold what comes next was skipped
  std::optional<Position> unfinished_at_;  // the scanner holds the beginning of this line from an earlier look
};

}  // namespace crawlspool::spool
