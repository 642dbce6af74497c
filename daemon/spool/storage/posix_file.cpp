#include "daemon/spool/storage/posix_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "daemon/spool/storage/posix_calls.h"

namespace crawlspool::spool {
namespace {

using base::fail_errno;
using base::Result;

constexpr std::size_t kHugePageBytes = 2 * 1024 * 1024;

// Switches the file to direct writes for one call: every other call goes through the cache.
class DirectMode {
 public:
  explicit DirectMode(int fd) : fd_(fd), flags_(::fcntl(fd, F_GETFL)) {
    is_on_ = flags_ >= 0 && ::fcntl(fd_, F_SETFL, flags_ | O_DIRECT) == 0;
  }
  ~DirectMode() {
    const int saved = errno;
    if (is_on_) ::fcntl(fd_, F_SETFL, flags_);
    errno = saved;
  }
  DirectMode(const DirectMode&) = delete;
  DirectMode& operator=(const DirectMode&) = delete;

  [[nodiscard]] bool is_on() const { return is_on_; }

 private:
  int fd_;
  int flags_;
  bool is_on_ = false;
};

}  // namespace

void DirectWriter::Free::operator()(char* memory) const noexcept { std::free(memory); }

std::optional<std::ptrdiff_t> DirectWriter::write(int fd, std::uint64_t offset,
                                                  std::span<const std::string_view> parts) {
  const DirectMode direct(fd);
  if (!direct.is_on() || !has_stage()) {
    is_refused_ = true;
    return std::nullopt;
  }
  const std::size_t bytes = fill_stage(parts);
  const ssize_t n = retry_interrupted([&] { return ::pwrite(fd, stage_.get(), bytes, static_cast<off_t>(offset)); });
  is_refused_ = n < 0 && !is_the_disks(errno);
  return is_refused_ ? std::nullopt : std::optional(static_cast<std::ptrdiff_t>(n));
}

// File systems refuse a direct write with EINVAL, EOPNOTSUPP and others. Whatever else is wrong a cached write shows.
bool DirectWriter::is_the_disks(int errno_value) {
  switch (errno_value) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EIO:
    case EROFS:
      return true;
    default:
      return false;
  }
}

bool DirectWriter::has_stage() {
  if (stage_) return true;
  stage_.reset(static_cast<char*>(std::aligned_alloc(kHugePageBytes, kStageBytes)));
  if (stage_) ::madvise(stage_.get(), kStageBytes, MADV_HUGEPAGE);  // few pages for the kernel to hold on to
  return stage_ != nullptr;
}

// Returns how many bytes it has copied: whole blocks, as many as there are and the stage holds.
std::size_t DirectWriter::fill_stage(std::span<const std::string_view> parts) {
  std::size_t filled = 0;
  for (const std::string_view part : parts) {
    const std::size_t n = std::min(part.size(), kStageBytes - filled);
    std::memcpy(stage_.get() + filled, part.data(), n);
    filled += n;
    if (filled == kStageBytes) break;
  }
  return filled - filled % kBlockBytes;
}

Result<std::size_t> PosixFile::read_at(std::uint64_t offset, std::span<char> into) {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t n = retry_interrupted(
        [&] { return ::pread(fd_.get(), into.data() + done, into.size() - done, static_cast<off_t>(offset + done)); });
    if (n < 0) return fail_errno("read of " + path_, errno);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

// A large write is made in several calls: up to where a block begins, whole blocks past the cache, the rest.
Result<std::size_t> PosixFile::write_at(std::uint64_t offset, std::span<const std::string_view> parts) {
  const std::size_t bytes = bytes_of(parts);
  const std::size_t in_block = offset % DirectWriter::kBlockBytes;
  std::optional<std::ptrdiff_t> n;
  if (!direct_.wants(bytes))
    n = write_cached(offset, parts, bytes);
  else if (in_block != 0)
    n = write_cached(offset, parts, DirectWriter::kBlockBytes - in_block);
  else
    n = direct_.write(fd_.get(), offset, parts);
  if (!n) n = write_cached(offset, parts, bytes);
  if (*n < 0) return fail_errno("write to " + path_, errno);
  if (*n == 0) return fail_errno("write to " + path_, EIO);
  return static_cast<std::size_t>(*n);
}

// Writes a prefix of `parts` of at most `bytes_max`. Returns -1 with errno on an error.
std::ptrdiff_t PosixFile::write_cached(std::uint64_t offset, std::span<const std::string_view> parts,
                                       std::size_t bytes_max) {
  std::vector<iovec> vectors;
  vectors.reserve(parts.size());
  for (const std::string_view part : parts) {
    const std::size_t n = std::min(part.size(), bytes_max);
    vectors.push_back({const_cast<char*>(part.data()), n});
    bytes_max -= n;
    if (bytes_max == 0) break;
  }
  return retry_interrupted([&] {
    return ::pwritev(fd_.get(), vectors.data(), static_cast<int>(vectors.size()), static_cast<off_t>(offset));
  });
}

// A failed sync is never tried again: the kernel has dropped what it could not write.
Result<void> PosixFile::sync_data() { return checked(::fdatasync(fd_.get()), "fdatasync of "); }
Result<void> PosixFile::sync() { return checked(::fsync(fd_.get()), "fsync of "); }

Result<void> PosixFile::truncate(std::uint64_t size) {
  return checked(retry_interrupted([&] { return ::ftruncate(fd_.get(), static_cast<off_t>(size)); }), "ftruncate of ");
}

Result<std::uint64_t> PosixFile::size() {
  struct stat info {};
  if (::fstat(fd_.get(), &info) != 0) return fail_errno("fstat of " + path_, errno);
  return static_cast<std::uint64_t>(info.st_size);
}

Result<void> PosixFile::preallocate(std::uint64_t offset, std::uint64_t length) {
  return checked(retry_interrupted([&] {
                   return ::fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                                      static_cast<off_t>(length));
                 }),
                 "fallocate of ");
}

bool PosixFile::has_name() {
  struct stat info {};
  return ::fstat(fd_.get(), &info) == 0 && info.st_nlink > 0;
}

void PosixFile::drop_cache() { ::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_DONTNEED); }

Result<void> PosixFile::checked(int result, const char* what) const {
  if (result != 0) return fail_errno(what + path_, errno);
  return {};
}

}  // namespace crawlspool::spool
