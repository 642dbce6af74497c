// A segment's content as bytes, however it is kept: of a compressed one what it holds, of any other the file's own.
#pragma once

#include <memory>
#include <optional>

#include "daemon/spool/read/segment_list.h"
#include "daemon/spool/storage/file_system.h"

namespace crawlspool::spool {

// `expected_bytes`: of content, by the next segment's name; it helps where a compressed one is damaged. Fails as the
// opening of the file does; what is in it is no error.
[[nodiscard]] base::Result<std::unique_ptr<ByteSource>> open_segment_source(
    Directory& directory, const Segment& segment, std::optional<std::uint64_t> expected_bytes = std::nullopt);

}  // namespace crawlspool::spool
