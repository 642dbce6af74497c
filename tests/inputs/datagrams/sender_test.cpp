#include "daemon/inputs/datagrams/sender.h"

#include <gtest/gtest.h>

namespace crawlspool::datagrams {
namespace {

using Datagram = net::DatagramSocket::Datagram;

Datagram from(const char* url) {
  Datagram datagram;
  datagram.from = base::Endpoint::parse(url).value();
  return datagram;
}

Datagram of_user(uid_t user, pid_t process) {
  Datagram datagram;
  datagram.user = user;
  datagram.process = process;
  return datagram;
}

TEST(Sender, ChangesWithAddressAndPort) {
  Sender sender;
  EXPECT_TRUE(sender.change_to(from("udp://10.0.0.7:1000")));
  EXPECT_EQ(sender.peer().text, "10.0.0.7:1000");
  EXPECT_FALSE(sender.change_to(from("udp://10.0.0.7:1000")));
  EXPECT_TRUE(sender.change_to(from("udp://10.0.0.7:1001")));
  EXPECT_TRUE(sender.change_to(from("udp://[::1]:1001")));
  EXPECT_EQ(sender.peer().text, "[::1]:1001");
  EXPECT_TRUE(sender.change_to(from("udp://10.0.0.7:1001")));
}

TEST(Sender, OfAUnixSocketIsItsUser) {
  Sender sender;
  EXPECT_TRUE(sender.change_to(of_user(0, 10)));
  EXPECT_EQ(sender.peer().text, "unix:uid=0");
  EXPECT_FALSE(sender.change_to(of_user(0, 11)));
  EXPECT_TRUE(sender.change_to(of_user(1000, 11)));
  EXPECT_EQ(sender.peer().text, "unix:uid=1000");
  EXPECT_EQ(sender.peer().machine, base::Peer::user(1000, 1).machine);
}

}  // namespace
}  // namespace crawlspool::datagrams
