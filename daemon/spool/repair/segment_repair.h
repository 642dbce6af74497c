// Makes a segment's damaged bytes blank lines, which readers pass over: no length and no position changes, and what is
// sound is not touched. Each step leaves a segment that reads as before or as repaired. Only one process may do it at a
// time; readers may run beside it. Source: FORMAT.md, "Repair".
#pragma once

#include <span>
#include <string>
#include <vector>

#include "daemon/spool/compressed/compressed_check.h"
#include "daemon/spool/read/segment_list.h"
#include "daemon/spool/recovery/segment_recovery.h"
#include "daemon/spool/repair/kept_originals.h"
#include "daemon/spool/storage/file_system.h"

namespace crawlspool::spool {

// Turns damaged bytes, fed in pieces, into blank lines: line ends stay, all else becomes spaces; a stretch that is too
// long for one line is divided. The last byte becomes a line end.
class Blanks {
 public:
  void make(std::span<char> piece, bool is_last);

 private:
  std::size_t in_line_ = 0;
};

// Whole damaged lines of one segment, by position.
using Damage = std::vector<ByteRange>;

// Returns where the originals went: names below the spool's directory, one for each of `damage`.
[[nodiscard]] base::Result<std::vector<std::string>> blank_plain_segment(Directory& directory, const Segment& segment,
                                                                         const Damage& damage, KeptOriginals& kept);

// Returns which of the check's blocks are unsound or hold damage, as indexes, rising.
[[nodiscard]] std::vector<std::size_t> blocks_to_remake(const CompressedCheck& check, const Damage& damage);
[[nodiscard]] std::uint64_t overlap(const ByteRange& range, const Block& block);  // in bytes

// Writes the whole compressed segment again: sound blocks as they are, the others from what can be decoded, with blanks
// in the damage's place; then the index. Returns where the originals of the remade blocks went, one for each.
[[nodiscard]] base::Result<std::vector<std::string>> remake_compressed_segment(Directory& directory, Position position,
                                                                               const CompressedCheck& check,
                                                                               const Damage& damage,
                                                                               KeptOriginals& kept);

// Writes the index of a segment whose blocks are all sound.
[[nodiscard]] base::Result<void> remake_index(Directory& directory, const CompressedCheck& check);

}  // namespace crawlspool::spool
