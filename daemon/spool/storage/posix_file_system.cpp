#include "daemon/spool/storage/posix_file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "daemon/base/unique_fd.h"
#include "daemon/spool/storage/layout.h"
#include "daemon/spool/storage/posix_calls.h"
#include "daemon/spool/storage/posix_file.h"

namespace crawlspool::spool {
namespace {

using base::fail;
using base::fail_errno;
using base::Result;
using base::UniqueFd;

constexpr mode_t kDirectoryMode = 0750;
constexpr mode_t kGroupDirectoryMode = 02770;
constexpr mode_t kFileMode = 0640;

class PosixDirectory final : public Directory {
 public:
  PosixDirectory(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Result<std::unique_ptr<File>> open(const std::string& name, OpenMode mode) override {
    UniqueFd fd(retry_interrupted([&] { return ::openat(fd_.get(), name.c_str(), open_flags(mode), kFileMode); }));
    if (!fd.valid()) return open_failed(name, errno);
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return fail_errno("fstat of " + at(name), errno);
    if (!S_ISREG(info.st_mode)) return fail(base::ErrorCode::kPermission, at(name) + " is no regular file");
    return std::make_unique<PosixFile>(std::move(fd), at(name));
  }

  Result<std::unique_ptr<Directory>> open_directory(const std::string& name, Access access) override {
    const bool is_new = ::mkdirat(fd_.get(), name.c_str(), kDirectoryMode) == 0;
    if (!is_new && errno != EEXIST) return fail_errno("mkdir of " + at(name), errno);
    UniqueFd fd(::openat(fd_.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd.valid() && (errno == ELOOP || errno == ENOTDIR))
      return fail(base::ErrorCode::kPermission, at(name) + " is no directory", errno);
    if (!fd.valid()) return fail_errno("open of " + at(name), errno);
    // mkdir would take the umask from the mode.
    if (is_new && access == Access::kGroup && ::fchmod(fd.get(), kGroupDirectoryMode) != 0)
      return fail_errno("chmod of " + at(name), errno);
    if (is_new) {
      CRAWLSPOOL_TRY(sync());
    }
    return std::make_unique<PosixDirectory>(std::move(fd), at(name));
  }

  Result<std::vector<DirectoryEntry>> list() override {
    UniqueFd copy(::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!copy.valid()) return fail_errno("open of " + path_, errno);
    DIR* stream = ::fdopendir(copy.get());
    if (stream == nullptr) return fail_errno("reading of " + path_, errno);
    [[maybe_unused]] const int owned_by_stream = copy.release();
    std::vector<DirectoryEntry> entries;
    errno = 0;
    while (const dirent* entry = ::readdir(stream)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") entries.push_back({name, kind_of(*entry)});
      errno = 0;
    }
    const int read_error = errno;
    ::closedir(stream);
    if (read_error != 0) return fail_errno("reading of " + path_, read_error);
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return entries;
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    if (::renameat(fd_.get(), from.c_str(), fd_.get(), to.c_str()) != 0)
      return fail_errno("rename to " + at(to), errno);
    return {};
  }

  Result<void> remove(const std::string& name) override {
    if (::unlinkat(fd_.get(), name.c_str(), 0) != 0) return fail_errno("unlink of " + at(name), errno);
    return {};
  }

  Result<void> link_to(const std::string& target, const std::string& name) override {
    const std::string beside = name + std::string(kTemporarySuffix);
    ::unlinkat(fd_.get(), beside.c_str(), 0);
    if (::symlinkat(target.c_str(), fd_.get(), beside.c_str()) != 0) return fail_errno("link of " + at(name), errno);
    return rename(beside, name);
  }

  Result<void> sync() override {
    if (::fsync(fd_.get()) != 0) return fail_errno("fsync of " + path_, errno);
    return {};
  }

  Result<std::uint64_t> free_bytes() override {
    struct statvfs info {};
    if (::fstatvfs(fd_.get(), &info) != 0) return fail_errno("statvfs of " + path_, errno);
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  }

  Result<void> lock(const std::string& name, std::string_view holder) override {
    UniqueFd fd(::openat(fd_.get(), name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kFileMode));
    if (!fd.valid()) return open_failed(name, errno);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return fail_errno("lock of " + at(name), errno);
      return fail(base::ErrorCode::kLocked, path_ + " is in use by " + lock_holder(fd.get()));
    }
    if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), holder.data(), holder.size(), 0) < 0)
      return fail_errno("write to " + at(name), errno);
    lock_ = std::move(fd);
    lock_name_ = name;
    return check_claim();  // somebody may have removed it between the opening and the lock
  }

  Result<void> check_claim() override {
    if (!lock_.valid()) return {};
    if (leads_elsewhere(fd_.get(), lock_name_, AT_SYMLINK_NOFOLLOW, lock_.get()))
      return fail(base::ErrorCode::kLocked, at(lock_name_) + " was removed or replaced while this process held it: " +
                                                "another one may write to the spool");
    if (leads_elsewhere(AT_FDCWD, path_, 0, fd_.get()))
      return fail(base::ErrorCode::kLocked, path_ + " was moved, removed or replaced while this process wrote to it");
    return {};
  }

  [[nodiscard]] std::string path() const override { return path_; }

 private:
  static int open_flags(OpenMode mode) {
    // O_NONBLOCK: a FIFO under a segment's name must not hang the start.
    constexpr int kAlways = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    switch (mode) {
      case OpenMode::kRead:
        return kAlways | O_RDONLY;
      case OpenMode::kWrite:
        return kAlways | O_RDWR;
      case OpenMode::kCreate:
        return kAlways | O_RDWR | O_CREAT;
      case OpenMode::kCreateNew:
        break;
    }
    return kAlways | O_RDWR | O_CREAT | O_EXCL;
  }

  // On some file systems each entry takes a call.
  [[nodiscard]] EntryKind kind_of(const dirent& entry) const {
    if (entry.d_type == DT_REG) return EntryKind::kFile;
    if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR ? EntryKind::kDirectory : EntryKind::kOther;
    struct stat info {};
    if (::fstatat(fd_.get(), entry.d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) return EntryKind::kOther;
    if (S_ISREG(info.st_mode)) return EntryKind::kFile;
    return S_ISDIR(info.st_mode) ? EntryKind::kDirectory : EntryKind::kOther;
  }

  [[nodiscard]] tl::unexpected<base::Error> open_failed(const std::string& name, int errno_value) const {
    if (errno_value == ELOOP) return fail(base::ErrorCode::kPermission, at(name) + " is a link", ELOOP);
    return fail_errno("open of " + at(name), errno_value);
  }

  // Whether the name is surely not the open file's. Where it may not be looked at, it may be.
  static bool leads_elsewhere(int directory, const std::string& name, int flags, int fd) {
    struct stat named {};
    struct stat open {};
    if (::fstat(fd, &open) != 0) return false;
    if (::fstatat(directory, name.c_str(), &named, flags) != 0) return errno == ENOENT || errno == ENOTDIR;
    return named.st_ino != open.st_ino || named.st_dev != open.st_dev;
  }

  [[nodiscard]] std::string at(const std::string& name) const { return path_ + "/" + name; }

  UniqueFd fd_;
  std::string path_;
  UniqueFd lock_;
  std::string lock_name_;
};

Result<void> make_directory_durably(const std::string& path) {
  if (::mkdir(path.c_str(), kDirectoryMode) != 0) return fail_errno("mkdir of " + path, errno);
  std::string parent = std::filesystem::path(path).parent_path().string();
  if (parent.empty()) parent = ".";
  const UniqueFd fd(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || ::fsync(fd.get()) != 0) return fail_errno("fsync of " + parent, errno);
  return {};
}

}  // namespace

Result<std::unique_ptr<Directory>> open_posix_directory(const std::string& given_path, IfMissing if_missing) {
  std::string path = given_path;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const auto open_it = [&] { return UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); };
  UniqueFd fd = open_it();
  if (!fd.valid() && errno == ENOENT && if_missing == IfMissing::kCreate) {
    CRAWLSPOOL_TRY(make_directory_durably(path));
    fd = open_it();
  }
  if (!fd.valid()) return fail_errno("spool directory " + path, errno);
  return std::make_unique<PosixDirectory>(std::move(fd), path);
}

}  // namespace crawlspool::spool
