#include "daemon/spool/repair/kept_originals.h"

#include <algorithm>

#include "daemon/spool/storage/layout.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using base::Result;

constexpr std::size_t kPieceBytes = 1024 * 1024;

Result<bool> are_same(File& a, File& b) {
  const auto size = a.size();
  const auto other_size = b.size();
  if (!size) return tl::unexpected(size.error());
  if (!other_size) return tl::unexpected(other_size.error());
  if (*size != *other_size) return false;
  std::string piece(kPieceBytes, '\0');
  std::string other(kPieceBytes, '\0');
  for (std::uint64_t at = 0; at < *size; at += kPieceBytes) {
    const auto n = a.read_at(at, piece);
    const auto m = b.read_at(at, other);
    if (!n) return tl::unexpected(n.error());
    if (!m) return tl::unexpected(m.error());
    if (*n != *m || piece.compare(0, *n, other, 0, *m) != 0) return false;
  }
  return true;
}

}  // namespace

Result<std::string> KeptOriginals::keep(ByteSource& source, std::uint64_t offset, std::uint64_t bytes,
                                        const std::string& name) {
  if (!cut_) {
    CRAWLSPOOL_TRY_AS(cut_, spool_.open_directory(std::string(kCutName)));
  }
  const std::string beside = name + std::string(kTemporarySuffix);
  CRAWLSPOOL_TRY_AS(const auto copy, cut_->open(beside, OpenMode::kCreate));
  CRAWLSPOOL_TRY(copy->truncate(0));
  CRAWLSPOOL_TRY(copy_bytes(source, offset, bytes, *copy, 0));
  CRAWLSPOOL_TRY(copy->sync());
  return give_name(beside, name);
}

Result<std::vector<std::string>> KeptOriginals::keep_file(Directory& directory, const std::string& file,
                                                          const std::string& name) {
  const auto opened = directory.open(file, OpenMode::kRead);
  if (!opened && opened.error().code == ErrorCode::kPermission) return std::vector<std::string>{};
  if (!opened) return tl::unexpected(opened.error());
  CRAWLSPOOL_TRY_AS(const auto bytes, (*opened)->size());
  CRAWLSPOOL_TRY_AS(auto kept, keep(**opened, 0, bytes, name));
  return std::vector<std::string>{std::move(kept)};
}

Result<std::vector<std::string>> KeptOriginals::set_aside(Directory& directory, const std::string& file,
                                                          const std::string& name) {
  CRAWLSPOOL_TRY_AS(auto kept, keep_file(directory, file, name));
  CRAWLSPOOL_TRY(directory.remove(file));
  CRAWLSPOOL_TRY(directory.sync());
  return kept;
}

// Gives no name to a second copy: a repair that was broken off has kept the same bytes already.
Result<std::string> KeptOriginals::give_name(const std::string& beside, const std::string& name) {
  CRAWLSPOOL_TRY_AS(const auto copy, cut_->open(beside, OpenMode::kRead));
  std::string candidate = name;
  for (unsigned number = 2;; ++number) {
    const auto taken = cut_->open(candidate, OpenMode::kRead);
    if (!taken && taken.error().code != ErrorCode::kNotFound) return tl::unexpected(taken.error());
    CRAWLSPOOL_TRY_AS(const auto is_kept, taken ? are_same(**taken, *copy) : false);
    if (!taken || is_kept) {
      CRAWLSPOOL_TRY(is_kept ? cut_->remove(beside) : cut_->rename(beside, candidate));
      break;
    }
    candidate = name + "." + std::to_string(number);
  }
  CRAWLSPOOL_TRY(cut_->sync());
  return std::string(kCutName) + "/" + candidate;
}

}  // namespace crawlspool::spool
