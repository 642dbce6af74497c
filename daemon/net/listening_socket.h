// Opens a socket that listens, or takes datagrams: TCP or UDP at an address, or unix at a path, whose file this owns.
#pragma once

#include <sys/types.h>

#include <ctime>
#include <optional>
#include <string>

#include "daemon/base/endpoint.h"
#include "daemon/base/unique_fd.h"

namespace crawlspool::net {

// Says who may connect or send to a unix socket.
struct FileRights {
  mode_t mode = 0660;
  std::string group;  // empty: the process's own
};

// Owns the file of a unix socket. Removes it as it goes, unless another has taken its place meanwhile.
class SocketFile {
 public:
  SocketFile() = default;
  explicit SocketFile(std::string path);
  SocketFile(SocketFile&& other) noexcept { *this = std::move(other); }
  SocketFile& operator=(SocketFile&& other) noexcept;
  ~SocketFile() { remove(); }

 private:
  void remove();

  std::string path_;  // empty: there is none
  dev_t device_ = 0;
  ino_t inode_ = 0;
  timespec changed_{};  // since a file system may give another file the same inode
};

struct ListeningSocket {
  base::UniqueFd fd;
  SocketFile file;  // of unix, where it was opened here
};

// Binds and listens, without blocking; binds only, where datagrams come. A unix socket that nobody listens on any more
// is replaced; where someone does, kIo says who. kPermission and kIo name the address, kConfig a group that does not
// exist.
[[nodiscard]] base::Result<ListeningSocket> listen_on(const base::Endpoint& at, const FileRights& rights);

}  // namespace crawlspool::net
