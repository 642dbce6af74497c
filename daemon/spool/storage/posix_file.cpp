#include "daemon/spool/storage/posix_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "daemon/spool/storage/posix_calls.h"

namespace crawlspool::spool {
namespace {

using base::fail_errno;
using base::Result;

}  // namespace

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

// A large write is several: up to where a block begins, whole blocks past the cache, what is left.
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

// A prefix of `parts` of at most `bytes_max`; -1 with errno.
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

// A failed sync is never taken up again: the kernel has dropped what it could not write.
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
