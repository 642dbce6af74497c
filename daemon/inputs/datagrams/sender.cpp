#include "daemon/inputs/datagrams/sender.h"

#include <cstring>

namespace crawlspool::datagrams {
namespace {

bool are_same(const base::Endpoint& a, const base::Endpoint& b) {
  return a.length() == b.length() && std::memcmp(a.address(), b.address(), a.length()) == 0;
}

}  // namespace

bool Sender::change_to(const net::DatagramSocket::Datagram& datagram) {
  if (datagram.user ? datagram.user == user_ : are_same(datagram.from, at_)) return false;
  at_ = datagram.from;
  user_ = datagram.user;
  peer_ = datagram.user ? base::Peer::user(*datagram.user, datagram.process) : base::Peer::at(datagram.from);
  return true;
}

}  // namespace crawlspool::datagrams
