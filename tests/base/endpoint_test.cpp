#include "daemon/base/endpoint.h"

#include <gtest/gtest.h>

namespace crawlspool::base {
namespace {

Endpoint endpoint(std::string_view url) { return Endpoint::parse(url).value(); }

TEST(Endpoint, AddressesAreReadAndPrinted) {
  EXPECT_EQ(endpoint("tcp://127.0.0.1:8940").to_string(), "127.0.0.1:8940");
  EXPECT_EQ(endpoint("tcp://[::1]:0").to_string(), "[::1]:0");
  EXPECT_EQ(endpoint("tcp://[2001:DB8:0::7]:65535").to_string(), "[2001:db8::7]:65535");
  EXPECT_EQ(endpoint("tcp://127.0.0.1:1").family(), AF_INET);
  EXPECT_EQ(endpoint("tcp://[::]:1").family(), AF_INET6);
}

TEST(Endpoint, AnythingElseIsAConfigurationErrorThatShowsTheText) {
  for (const char* bad : {"",
                          "127.0.0.1:80",
                          "udp:127.0.0.1:80",
                          "tcp://127.0.0.1",
                          "tcp://127.0.0.1:",
                          "tcp://127.0.0.1:65536",
                          "tcp://127.0.0.1:-1",
                          "tcp://127.0.0.1:+1",
                          "tcp://127.0.0.1: 1",
                          "tcp://127.0.0.1:80x",
                          "tcp://localhost:80",
                          "tcp://::1:80",
                          "tcp://[::1]",
                          "tcp://[::1:80",
                          "tcp://[]:80",
                          "tcp://:80",
                          "tcp://127.1:80",
                          "tcp://[127.0.0.1]:80",
                          "tcp://[fe80::1%eth0]:80",
                          "tcp://127.0.0.1:80/"}) {
    const auto parsed = Endpoint::parse(bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_EQ(parsed.error().code, ErrorCode::kConfig);
    EXPECT_EQ(parsed.error().message().find("'" + std::string(bad) + "' "), 0U);
  }
}

TEST(Endpoint, UnixSocketsAreReadAndPrintedByTheirPaths) {
  const Endpoint at = endpoint("unix:///run/crawlspool/stream.sock");
  EXPECT_TRUE(at.is_unix());
  EXPECT_TRUE(at.is_loopback());
  EXPECT_EQ(at.path(), "/run/crawlspool/stream.sock");
  EXPECT_EQ(at.to_string(), "unix:///run/crawlspool/stream.sock");
  EXPECT_EQ(endpoint(at.url()).path(), at.path());
  EXPECT_EQ(endpoint("unix:///a%20b%25%3f").path(), "/a b%?");
  EXPECT_EQ(endpoint("unix:///a%20b%25%3f").url(), "unix:///a%20b%25%3F");
  EXPECT_EQ(endpoint("tcp://127.0.0.1:8940").url(), "tcp://127.0.0.1:8940");
  EXPECT_EQ(endpoint("tcp://127.0.0.1:8940").path(), "");
}

TEST(Endpoint, OfDatagramsSaysSoInItsUrl) {
  for (const char* const url : {"udp://127.0.0.1:8945", "udp://[::1]:8945", "unix-dgram:///run/d%20.sock"}) {
    EXPECT_TRUE(endpoint(url).is_datagram()) << url;
    EXPECT_EQ(endpoint(url).url(), url);
    EXPECT_TRUE(endpoint(endpoint(url).url()).is_datagram()) << url;
  }
  EXPECT_EQ(endpoint("udp://127.0.0.1:8945").to_string(), "127.0.0.1:8945");
  EXPECT_FALSE(endpoint("unix:///run/d.sock").is_datagram());
  EXPECT_FALSE(Endpoint::parse("udp://localhost:8945"));
  EXPECT_FALSE(Endpoint::parse("unix-dgram://d.sock"));
}

TEST(Endpoint, PathsThatNoSocketCanHaveAreRefused) {
  const std::string longest = "unix:///" + std::string(106, 'x');
  EXPECT_EQ(endpoint(longest).path().size(), 107U);
  for (const std::string& bad :
       {longest + "x", std::string("unix://"), std::string("unix://relative"), std::string("unix://@abstract"),
        std::string("unix:///run/"), std::string("unix:///a\0b", 11), std::string("unix:///a%00b"),
        std::string("unix:///a%2"), std::string("unix:///a b")})
    EXPECT_FALSE(Endpoint::parse(bad)) << bad;
}

TEST(Endpoint, UsersOfUnixSocketsAreToldApartByTheirIds) {
  const Peer peer = Peer::user(1000, 4711);
  EXPECT_EQ(peer.text, "unix:uid=1000");
  EXPECT_EQ(address_of(peer.text), "unix:uid=1000");
  EXPECT_EQ(peer.process, 4711);
  EXPECT_EQ(peer.machine, Peer::user(1000, 1).machine);
  EXPECT_NE(peer.machine, Peer::user(1001, 4711).machine);
  EXPECT_NE(Peer::user(0, 1).machine, MachineKey{});
}

TEST(Endpoint, NulInsideAnAddressDoesNotEndIt) {
  using std::string_view_literals::operator""sv;
  EXPECT_FALSE(Endpoint::parse("tcp://127.0.0.1\0x:80"sv));
  EXPECT_FALSE(Endpoint::parse("tcp://[::1\0x]:80"sv));
}

TEST(Endpoint, LoopbackIsToldFromTheRest) {
  for (const char* url : {"tcp://127.0.0.1:1", "tcp://127.255.0.9:1", "tcp://[::1]:1", "tcp://[::ffff:127.0.0.1]:1"})
    EXPECT_TRUE(endpoint(url).is_loopback()) << url;
  for (const char* url : {"tcp://0.0.0.0:1", "tcp://128.0.0.1:1", "tcp://[::]:1", "tcp://[::ffff:10.0.0.1]:1"})
    EXPECT_FALSE(endpoint(url).is_loopback()) << url;
}

TEST(Endpoint, MachineIgnoresThePort) {
  EXPECT_EQ(endpoint("tcp://10.0.0.7:1").machine_key(), endpoint("tcp://10.0.0.7:2").machine_key());
  EXPECT_NE(endpoint("tcp://10.0.0.7:1").machine_key(), endpoint("tcp://10.0.0.8:1").machine_key());
}

TEST(Endpoint, Ipv4MappedIntoIpv6IsTheSameMachine) {
  EXPECT_EQ(endpoint("tcp://10.0.0.7:1").machine_key(), endpoint("tcp://[::ffff:10.0.0.7]:9").machine_key());
}

TEST(Endpoint, Ipv6MachinesAreCountedByTheir64Bits) {
  const MachineKey key = endpoint("tcp://[2001:db8:1:2::1]:1").machine_key();
  EXPECT_EQ(key, endpoint("tcp://[2001:db8:1:2:ffff:ffff:ffff:ffff]:1").machine_key());
  EXPECT_NE(key, endpoint("tcp://[2001:db8:1:3::1]:1").machine_key());
}

TEST(Endpoint, FamiliesNeverShareAMachine) {
  // 4.0.0.0 and 400::/64 differ in the family only.
  EXPECT_NE(endpoint("tcp://4.0.0.0:1").machine_key(), endpoint("tcp://[400::]:1").machine_key());
}

TEST(Endpoint, EqualMachinesHashAlike) {
  const std::hash<MachineKey> hash;
  EXPECT_EQ(hash(endpoint("tcp://10.0.0.7:1").machine_key()),
            hash(endpoint("tcp://[::ffff:10.0.0.7]:1").machine_key()));
}

TEST(LoopSurvey, AnAddressIsAnEndpointWithoutItsPort) {
  EXPECT_EQ(address_of("10.0.0.7:51234"), "10.0.0.7");
  EXPECT_EQ(address_of("[::1]:8940"), "[::1]");
}

}  // namespace
}  // namespace crawlspool::base
