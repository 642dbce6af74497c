#include "cli/common/address.h"

#include <gtest/gtest.h>

namespace crawlspool::cli {
namespace {

std::string parsed(std::string_view url, std::string_view scheme = "tcp") {
  const auto address = parse_address(url, scheme);
  return address ? address->to_string() : "refused";
}

TEST(Address, TakesNamesAndBothKindsOfAddresses) {
  EXPECT_EQ(parsed("tcp://localhost:8940"), "localhost:8940");
  EXPECT_EQ(parsed("tcp://10.0.0.7:1"), "10.0.0.7:1");
  EXPECT_EQ(parsed("tcp://[::1]:65535"), "[::1]:65535");
  EXPECT_EQ(parsed("http://crawl-3.example.org:8942/", "http"), "crawl-3.example.org:8942");
}

TEST(Address, RefusesWhatItCannotReach) {
  for (const char* url :
       {"", "localhost", "http://localhost:8940", "https://localhost:8940", "ftp://localhost:1", "tcp://localhost",
        "tcp://:8940", "tcp://localhost:", "tcp://localhost:0", "tcp://localhost:65536", "tcp://localhost:-1",
        "tcp://::1:8940", "tcp://[::1]", "tcp://[]:1", "tcp://a/b:1", "tcp://a b:1"})
    EXPECT_EQ(parsed(url), "refused") << url;
}

TEST(Address, WithoutASchemeItIsOfTheOneThatIsWanted) {
  for (const char* const scheme : {"tcp", "http"}) {
    const auto address = parse_address("localhost:8940", scheme).value();
    EXPECT_EQ(address.url(scheme), std::string(scheme) + "://localhost:8940");
    EXPECT_FALSE(address.tls);
  }
}

TEST(Address, TlsHasASchemeOfItsOwn) {
  for (const auto& [url, scheme] : {std::pair{"tls://h:1", "tcp"}, {"https://h:1", "http"}}) {
    const auto address = parse_address(url, scheme).value();
    EXPECT_TRUE(address.tls) << url;
    EXPECT_EQ(address.url(scheme), url);
  }
  EXPECT_EQ(parse_address("tls://h:1", "http").value().url("http"), "https://h:1");
  EXPECT_TRUE(reachable("tls://0.0.0.0:1?verify=required").value().tls);
  EXPECT_FALSE(reachable("tcp://0.0.0.0:1").value().tls);
}

TEST(Address, TheErrorIsOfUsageAndNamesTheUrl) {
  const auto address = parse_address("nonsense", "tcp");
  ASSERT_FALSE(address);
  EXPECT_EQ(address.error().code, base::ErrorCode::kUsage);
  EXPECT_NE(address.error().message().find("'nonsense'"), std::string::npos);
}

TEST(Address, AWildcardMeansLoopback) {
  EXPECT_EQ(reachable("tcp://0.0.0.0:1").value().to_string(), "127.0.0.1:1");
  EXPECT_EQ(reachable("tcp://[::]:1").value().to_string(), "[::1]:1");
  EXPECT_EQ(reachable("tcp://10.0.0.7:1?stream=raw").value().to_string(), "10.0.0.7:1");
  EXPECT_EQ(reachable("unix:///run/s.sock?mode=0600").value().to_string(), "unix:///run/s.sock");
  EXPECT_FALSE(reachable("nonsense"));
}

TEST(Address, AUnixSocketIsOneForAnyScheme) {
  for (const char* const scheme : {"tcp", "http"}) {
    const auto address = parse_address("unix:///run/s.sock", scheme).value();
    EXPECT_EQ(address.unix_socket.value().path(), "/run/s.sock");
    EXPECT_EQ(address.url(scheme), "unix:///run/s.sock");
  }
  EXPECT_EQ(parse_address("tcp://h:1", "tcp").value().url("http"), "http://h:1");
  EXPECT_EQ(parse_address("unix://relative", "tcp").error().code, base::ErrorCode::kUsage);
}

}  // namespace
}  // namespace crawlspool::cli
