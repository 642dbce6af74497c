// Which content of a compressed segment lies in which block of its file. The index says so where it and the blocks'
// headers agree; otherwise the file is decoded once to find the blocks, and what is damaged gets the room that is left
// for it.
//
//   index fits the headers? ──yes──► the index
//          │ no
//      survey ──all sound──► the survey: the index is missing or wrong
//          │ damage
//      index fits every sound block? ──yes──► the index
//          │ no
//      damaged stretches' lengths: from their headers, or what the sound ones leave of the expected length
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/spool/compressed/block_codec.h"
#include "daemon/spool/compressed/segment_index.h"
#include "daemon/spool/storage/file_system.h"

namespace crawlspool::spool {

// What is known of a compressed segment besides its file.
struct SegmentHints {
  Position begin = 0;                           // its name
  std::optional<Blocks> index;                  // of this segment, if there is one
  std::optional<std::uint64_t> expected_bytes;  // of content, by the next segment's name
};

// Returns the blocks, and in their places the stretches that are damaged: each byte of content lies in exactly one.
// Where nothing says how long two or more damaged stretches are, they are one with all that lies between them: a sound
// line at a wrong position would be worse than a line that is missed. Without an expected length the headers of damaged
// blocks are believed. `decoder` decodes `file`.
[[nodiscard]] base::Result<Blocks> make_block_table(ByteSource& file, BlockDecoder& decoder, const SegmentHints& hints);

}  // namespace crawlspool::spool
