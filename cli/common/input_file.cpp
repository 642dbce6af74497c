#include "cli/common/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "cli/common/console.h"
#include "daemon/spool/lines/line.h"

namespace crawlspool::cli {
namespace {

using base::fail_errno;
using base::Result;

constexpr std::size_t kReadBytes = 1024 * 1024;

std::string absolute(const std::string& path) {
  std::error_code failed;
  const auto whole = std::filesystem::absolute(path, failed);
  return failed ? path : whole.lexically_normal().string();
}

}  // namespace

Result<InputFile> InputFile::open(const std::string& path) {
  base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a FIFO without a writer, too
  if (!fd.valid()) return fail_errno("open of " + shown(path), errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return fail_errno("fstat of " + shown(path), errno);
  if (!S_ISREG(info.st_mode))
    return base::fail(base::ErrorCode::kUsage, "--session-file goes with one regular file, and " + shown(path) +
                                                   " is none: what comes from it cannot be read again");
  InputFile file(std::move(fd), absolute(path));
  file.device_ = info.st_dev;
  file.inode_ = info.st_ino;
  return file;
}

Result<std::uint64_t> InputFile::size() const {
  struct stat info {};
  if (::fstat(fd_.get(), &info) != 0) return fail_errno("fstat of " + shown(path_), errno);
  return static_cast<std::uint64_t>(info.st_size);
}

Result<std::string> InputFile::read_at(std::uint64_t offset, std::size_t bytes) const {
  std::string text(bytes, '\0');
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t n = ::pread(fd_.get(), text.data() + done, bytes - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("read of " + shown(path_), errno);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  text.resize(done);
  return text;
}

Result<InputPrefix> InputFile::prefix(InputPrefix known, std::uint64_t bytes) const {
  while (known.bytes < bytes) {
    CRAWLSPOOL_TRY_AS(const auto text, read_at(known.bytes, std::min<std::uint64_t>(kReadBytes, bytes - known.bytes)));
    if (text.empty())
      return base::fail(base::ErrorCode::kDamaged, shown(path_) + " is only " + std::to_string(known.bytes) +
                                                       " bytes long; it had at least " + std::to_string(bytes));
    known = {known.bytes + text.size(), spool::crc32(text, known.crc32)};
  }
  return known;
}

Result<base::UniqueFd> InputFile::duplicate() const {
  base::UniqueFd fd(::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0));
  if (!fd.valid()) return fail_errno("dup of " + shown(path_), errno);
  return fd;
}

}  // namespace crawlspool::cli
