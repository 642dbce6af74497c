#include "daemon/spool/control/cursor_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "daemon/spool/storage/layout.h"
#include "daemon/spool/storage/posix_calls.h"

namespace crawlspool::spool {
namespace {

using base::fail;
using base::fail_errno;
using base::Result;
using base::UniqueFd;

constexpr mode_t kMode = 0660;  // each member of the spool's group may be the next reader
constexpr const char* kSuffix = ".lock";

std::string path_of(const Directory& spool, const std::string& name) {
  return spool.path() + "/" + std::string(kCursorsName) + "/" + name + kSuffix;
}

Result<UniqueFd> open_file(const std::string& path, int flags) {
  UniqueFd fd(retry_interrupted(
      [&] { return ::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | flags, kMode); }));
  if (!fd.valid()) return fail_errno("open of " + path, errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return fail_errno("fstat of " + path, errno);
  if (!S_ISREG(info.st_mode)) return fail(base::ErrorCode::kPermission, path + " is no regular file");
  if (info.st_uid == ::geteuid()) static_cast<void>(::fchmod(fd.get(), kMode));  // whatever the umask has taken
  return fd;
}

// A lock belongs to a file and not to its name: false if the file that was locked has been removed meanwhile.
bool has_the_name(int fd, const std::string& path) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(fd, &opened) == 0 && ::lstat(path.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

}  // namespace

Result<CursorLock> CursorLock::take(Directory& spool, const std::string& name, const std::string& holder) {
  CRAWLSPOOL_TRY(spool.open_directory(std::string(kCursorsName), Access::kGroup));
  const std::string path = path_of(spool, name);
  while (true) {
    CRAWLSPOOL_TRY_AS(auto fd, open_file(path, O_CREAT));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return fail_errno("lock of " + path, errno);
      return fail(base::ErrorCode::kLocked, "cursor " + name + " is in use by " + lock_holder(fd.get()) +
                                                ": one reader at a time; another name is another cursor");
    }
    if (!has_the_name(fd.get(), path)) continue;
    const std::string words = holder + "\n";
    if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), words.data(), words.size(), 0) < 0)
      return fail_errno("write to " + path, errno);
    return CursorLock(std::move(fd));
  }
}

void CursorLock::remove_if_free(Directory& spool, const std::string& name) {
  const std::string path = path_of(spool, name);
  const auto fd = open_file(path, 0);
  if (!fd || ::flock(fd->get(), LOCK_EX | LOCK_NB) != 0 || !has_the_name(fd->get(), path)) return;
  static_cast<void>(::unlink(path.c_str()));
}

}  // namespace crawlspool::spool
