#include "daemon/net/datagram_socket.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "proto/frame_decoder.h"

namespace crawlspool::net {
namespace {

using base::fail_errno;
using base::Result;

constexpr std::size_t kPaddingBytes = proto::FrameDecoder::kPaddingBytes;
constexpr std::size_t kUdpRoomBytes = std::size_t{64} * 1024;    // more than UDP can carry
constexpr std::size_t kUnixRoomBytes = std::size_t{256} * 1024;  // more than net.core.wmem_default lets a sender send
constexpr uid_t kNobody = 65534;
constexpr std::size_t kUnixRooms = DatagramSocket::kReceivedMax / 4;

}  // namespace

// Holds what the kernel says of the datagrams received.
struct DatagramSocket::Room {
  struct alignas(cmsghdr) Control {
    std::array<char, CMSG_SPACE(sizeof(ucred))> bytes;
  };

  std::array<mmsghdr, kReceivedMax> messages{};
  std::array<iovec, kReceivedMax> parts{};
  std::array<sockaddr_storage, kReceivedMax> names{};
  std::array<Control, kReceivedMax> controls{};
};

DatagramSocket::DatagramSocket(ListeningSocket bound)
    : socket_(std::move(bound)),
      local_(base::Endpoint::local_end(socket_.fd.get())),
      room_bytes_(local_.is_unix() ? kUnixRoomBytes : kUdpRoomBytes),
      rooms_(local_.is_unix() ? kUnixRooms : kReceivedMax),
      bytes_(new char[rooms_ * (room_bytes_ + kPaddingBytes)]),
      room_(std::make_unique<Room>()) {}

DatagramSocket::~DatagramSocket() = default;

Result<std::unique_ptr<DatagramSocket>> DatagramSocket::open(ListeningSocket bound) {
  const int fd = bound.fd.get();
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags == -1 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) return fail_errno("a socket of datagrams", errno);
  std::unique_ptr<DatagramSocket> socket(new DatagramSocket(std::move(bound)));
  const int on = 1;
  if (socket->local_.is_unix() && ::setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0)
    return fail_errno("asking for the users of a socket of datagrams", errno);
  return socket;
}

// The kernel counts its own structures too: it takes twice what is asked for, and says so.
std::uint64_t DatagramSocket::set_buffer(std::uint64_t bytes) const {
  const auto wanted = static_cast<int>(std::min<std::uint64_t>(bytes, std::numeric_limits<int>::max() / 2));
  ::setsockopt(fd(), SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted);
  int granted = 0;
  socklen_t length = sizeof granted;
  if (::getsockopt(fd(), SOL_SOCKET, SO_RCVBUF, &granted, &length) != 0) return 0;
  return static_cast<std::uint64_t>(granted) / 2;
}

std::size_t DatagramSocket::receive() {
  for (std::size_t i = 0; i < rooms_; ++i) {
    room_->parts[i] = {bytes_.get() + i * (room_bytes_ + kPaddingBytes), room_bytes_};
    msghdr& message = room_->messages[i].msg_hdr;
    message = {};
    message.msg_name = &room_->names[i];
    message.msg_namelen = sizeof room_->names[i];
    message.msg_iov = &room_->parts[i];
    message.msg_iovlen = 1;
    if (!local_.is_unix()) continue;
    message.msg_control = room_->controls[i].bytes.data();
    message.msg_controllen = room_->controls[i].bytes.size();
  }
  const int count = ::recvmmsg(fd(), room_->messages.data(), static_cast<unsigned>(rooms_), MSG_DONTWAIT, nullptr);
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

DatagramSocket::Datagram DatagramSocket::received(std::size_t index) const {
  msghdr& message = room_->messages[index].msg_hdr;
  Datagram datagram{.bytes = {static_cast<const char*>(message.msg_iov->iov_base), room_->messages[index].msg_len},
                    .is_cut = (message.msg_flags & MSG_TRUNC) != 0,
                    .from = {reinterpret_cast<const sockaddr*>(message.msg_name), message.msg_namelen},
                    .user = local_.is_unix() ? std::optional(kNobody) : std::nullopt,
                    .process = 0};
  for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one)) {
    if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_CREDENTIALS) continue;
    ucred who{};
    std::memcpy(&who, CMSG_DATA(one), sizeof who);
    datagram.user = who.uid;
    datagram.process = who.pid;
  }
  return datagram;
}

bool DatagramSocket::send(const base::Endpoint& to, std::string_view bytes) const {
  return ::sendto(fd(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL, to.address(), to.length()) >= 0;
}

std::uint32_t DatagramSocket::figure(std::size_t which) const {
  std::array<std::uint32_t, SK_MEMINFO_VARS> figures{};
  socklen_t length = sizeof figures;
  ::getsockopt(fd(), SOL_SOCKET, SO_MEMINFO, figures.data(), &length);
  return figures.at(which);
}

std::uint32_t DatagramSocket::dropped() const { return figure(SK_MEMINFO_DROPS); }

std::uint64_t DatagramSocket::unreceived_bytes() const { return figure(SK_MEMINFO_RMEM_ALLOC); }

void DatagramSocket::close_entrance() {
  if (local_.is_unix()) {
    ::shutdown(fd(), SHUT_RD);
    return;
  }
  sock_filter nothing{.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = 0};
  const sock_fprog program{.len = 1, .filter = &nothing};
  ::setsockopt(fd(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

}  // namespace crawlspool::net
