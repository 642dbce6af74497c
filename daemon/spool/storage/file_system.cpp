#include "daemon/spool/storage/file_system.h"

#include <algorithm>

#include "daemon/spool/storage/layout.h"

namespace crawlspool::spool {
namespace {

constexpr std::size_t kCopyPieceBytes = 1024 * 1024;

}  // namespace

std::size_t bytes_of(std::span<const std::string_view> parts) {
  std::size_t bytes = 0;
  for (const std::string_view part : parts) bytes += part.size();
  return bytes;
}

base::Result<void> write_fully(File& file, std::uint64_t offset, std::span<const std::string_view> parts) {
  std::vector<std::string_view> rest(parts.begin(), parts.end());
  std::size_t first = 0;
  while (true) {
    while (first < rest.size() && rest[first].empty()) ++first;
    if (first == rest.size()) return {};
    const std::size_t count = std::min(rest.size() - first, File::kWritePartsMax);
    CRAWLSPOOL_TRY_AS(const auto written, file.write_at(offset, std::span(rest).subspan(first, count)));
    offset += written;
    for (std::size_t left = written; left > 0;) {
      const std::size_t n = std::min(left, rest[first].size());
      rest[first].remove_prefix(n);
      left -= n;
      if (rest[first].empty()) ++first;
    }
  }
}

base::Result<std::uint64_t> copy_bytes(ByteSource& from, std::uint64_t offset, std::uint64_t bytes, File& to,
                                       std::uint64_t to_offset) {
  std::string piece;
  std::uint64_t done = 0;
  while (done < bytes) {
    piece.resize(std::min<std::uint64_t>(kCopyPieceBytes, bytes - done));
    CRAWLSPOOL_TRY_AS(const auto n, from.read_at(offset + done, piece));
    if (n == 0) break;
    const std::string_view parts[] = {std::string_view(piece).substr(0, n)};
    CRAWLSPOOL_TRY(write_fully(to, to_offset + done, parts));
    done += n;
  }
  return done;
}

base::Result<std::string> read_small_file(Directory& directory, const std::string& name, std::size_t bytes_max) {
  CRAWLSPOOL_TRY_AS(auto file, directory.open(name, OpenMode::kRead));
  CRAWLSPOOL_TRY_AS(const auto size, file->size());
  std::string content(std::min<std::uint64_t>(size, bytes_max) + 1, '\0');
  CRAWLSPOOL_TRY_AS(const auto n, file->read_at(0, content));
  if (n > bytes_max) return base::fail(base::ErrorCode::kDamaged, name + " is longer than it can be");
  content.resize(n);
  return content;
}

base::Result<void> write_new_file(Directory& directory, const std::string& name, std::string_view content) {
  CRAWLSPOOL_TRY_AS(auto file, directory.open(name, OpenMode::kCreate));
  const std::string_view parts[] = {content};
  const auto written =
      file->truncate(0).and_then([&] { return write_fully(*file, 0, parts); }).and_then([&] { return file->sync(); });
  if (!written) static_cast<void>(directory.remove(name));
  return written;
}

base::Result<void> replace_file(Directory& directory, const std::string& name, std::string_view content) {
  const std::string beside = name + std::string(kTemporarySuffix);
  return write_new_file(directory, beside, content)
      .and_then([&] { return directory.rename(beside, name); })
      .and_then([&] { return directory.sync(); });
}

}  // namespace crawlspool::spool
