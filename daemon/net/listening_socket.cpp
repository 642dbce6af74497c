#include "daemon/net/listening_socket.h"

#include <grp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace crawlspool::net {
namespace {

using base::Endpoint;
using base::ErrorCode;
using base::fail;
using base::fail_errno;
using base::Result;
using base::UniqueFd;

constexpr int kBacklog = 4096;  // the kernel cuts it to net.core.somaxconn

std::string listening_on(const Endpoint& at) { return "listening on " + at.to_string(); }

Result<UniqueFd> open_socket(const Endpoint& at) {
  const int type = at.is_datagram() ? SOCK_DGRAM : SOCK_STREAM;
  UniqueFd fd(::socket(at.family(), type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return fail_errno(listening_on(at), errno);
  return fd;
}

bool starts_to_listen(const UniqueFd& fd, const Endpoint& at) {
  return at.is_datagram() || ::listen(fd.get(), kBacklog) == 0;
}

Result<ListeningSocket> listen_inet(const Endpoint& at) {
  CRAWLSPOOL_TRY_AS(auto fd, open_socket(at));
  const int on = 1;
  // Of TCP it is for connections that a process before this one has left; with UDP two could have one port.
  if (!at.is_datagram()) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // [::] must not take IPv4's port as well: each address in the configuration is one socket.
  if (at.family() == AF_INET6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(fd.get(), at.address(), at.length()) != 0 || !starts_to_listen(fd, at))
    return fail_errno(listening_on(at), errno);
  return ListeningSocket{std::move(fd), {}};
}

// Returns who listens where a connection was made to.
std::string owner_of(const UniqueFd& connected) {
  ucred owner{};
  socklen_t length = sizeof owner;
  const bool is_known = ::getsockopt(connected.get(), SOL_SOCKET, SO_PEERCRED, &owner, &length) == 0 && owner.pid > 0;
  if (!is_known) return "another process";
  return "process " + std::to_string(owner.pid) + " of user " + std::to_string(owner.uid);
}

// Removes the file that a socket has left behind. kIo where it is somebody's.
Result<void> remove_stale(const Endpoint& at) {
  struct stat file {};
  const std::string path = at.path();
  if (::lstat(path.c_str(), &file) == 0 && !S_ISSOCK(file.st_mode))
    return fail(ErrorCode::kIo, listening_on(at) + ": a file that is no socket is there; move it away");
  CRAWLSPOOL_TRY_AS(const auto probe, open_socket(at));
  if (::connect(probe.get(), at.address(), at.length()) == 0)
    return fail(ErrorCode::kIo, listening_on(at) + ": " + owner_of(probe) + " listens there already");
  if (errno != ECONNREFUSED) return fail_errno(listening_on(at) + ": another process may listen there already", errno);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("removing the stale socket " + path, errno);
  return {};
}

Result<std::optional<gid_t>> group_of(const FileRights& rights) {
  if (rights.group.empty()) return std::optional<gid_t>();
  group entry{};
  group* found = nullptr;
  std::array<char, 16 * 1024> names{};
  const int error = ::getgrnam_r(rights.group.c_str(), &entry, names.data(), names.size(), &found);
  if (error != 0) return fail_errno("looking up the group " + rights.group, error);
  if (found == nullptr) return fail(ErrorCode::kConfig, "there is no group '" + rights.group + "' for a unix socket");
  return std::optional(entry.gr_gid);
}

// The file is its owner's alone until it has its group and its rights.
Result<void> bind_file(const UniqueFd& fd, const Endpoint& at) {
  if (::fchmod(fd.get(), 0600) != 0) return fail_errno(listening_on(at), errno);
  if (::bind(fd.get(), at.address(), at.length()) == 0) return {};
  if (errno != EADDRINUSE) return fail_errno(listening_on(at), errno);
  CRAWLSPOOL_TRY(remove_stale(at));
  if (::bind(fd.get(), at.address(), at.length()) != 0) return fail_errno(listening_on(at), errno);
  return {};
}

Result<void> open_to_others(const UniqueFd& fd, const Endpoint& at, const FileRights& rights,
                            const std::optional<gid_t>& group) {
  const std::string path = at.path();
  if (!starts_to_listen(fd, at)) return fail_errno(listening_on(at), errno);
  if (group && ::chown(path.c_str(), static_cast<uid_t>(-1), *group) != 0)
    return fail_errno("giving " + path + " to the group " + rights.group, errno);
  if (::chmod(path.c_str(), rights.mode) != 0) return fail_errno("setting the rights of " + path, errno);
  return {};
}

Result<ListeningSocket> listen_unix(const Endpoint& at, const FileRights& rights) {
  CRAWLSPOOL_TRY_AS(const auto group, group_of(rights));
  CRAWLSPOOL_TRY_AS(auto fd, open_socket(at));
  CRAWLSPOOL_TRY(bind_file(fd, at));
  const std::string path = at.path();
  const auto opened = open_to_others(fd, at, rights, group);
  SocketFile file(path);  // as it is from now on
  if (!opened) return tl::unexpected(opened.error());
  return ListeningSocket{std::move(fd), std::move(file)};
}

}  // namespace

SocketFile::SocketFile(std::string path) : path_(std::move(path)) {
  struct stat file {};
  if (::lstat(path_.c_str(), &file) != 0) path_.clear();
  device_ = file.st_dev;
  inode_ = file.st_ino;
  changed_ = file.st_ctim;
}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  if (this == &other) return *this;
  remove();
  path_ = std::exchange(other.path_, {});
  device_ = other.device_;
  inode_ = other.inode_;
  changed_ = other.changed_;
  return *this;
}

void SocketFile::remove() {
  struct stat file {};
  if (path_.empty() || ::lstat(path_.c_str(), &file) != 0) return;
  const bool is_ours = file.st_dev == device_ && file.st_ino == inode_ && file.st_ctim.tv_sec == changed_.tv_sec &&
                       file.st_ctim.tv_nsec == changed_.tv_nsec;
  if (is_ours) ::unlink(path_.c_str());
}

Result<ListeningSocket> listen_on(const Endpoint& at, const FileRights& rights) {
  return at.is_unix() ? listen_unix(at, rights) : listen_inet(at);
}

}  // namespace crawlspool::net
