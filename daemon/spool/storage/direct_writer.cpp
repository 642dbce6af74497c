#include "daemon/spool/storage/direct_writer.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "daemon/spool/storage/posix_calls.h"

namespace crawlspool::spool {
namespace {

constexpr std::size_t kHugePageBytes = 2 * 1024 * 1024;

// Every other call on the file goes through the cache.
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

// File systems refuse it with EINVAL, EOPNOTSUPP and others. A cached write tells what else may be wrong.
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

// How many bytes: whole blocks, as many as there are and the stage holds.
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

}  // namespace crawlspool::spool
