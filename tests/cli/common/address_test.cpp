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
  for (const char* url : {"", "localhost", "localhost:8940", "http://localhost:8940", "tcp://localhost", "tcp://:8940",
                          "tcp://localhost:", "tcp://localhost:0", "tcp://localhost:65536", "tcp://localhost:-1",
                          "tcp://::1:8940", "tcp://[::1]", "tcp://[]:1", "tcp://a/b:1", "tcp://a b:1"})
    EXPECT_EQ(parsed(url), "refused") << url;
}

TEST(Address, TheErrorIsOfUsageAndNamesTheUrl) {
  const auto address = parse_address("nonsense", "tcp");
  ASSERT_FALSE(address);
  EXPECT_EQ(address.error().code, base::ErrorCode::kUsage);
  EXPECT_NE(address.error().message().find("'nonsense'"), std::string::npos);
}

TEST(Address, AWildcardMeansLoopback) {
  EXPECT_EQ(reachable({"0.0.0.0", "1"}).to_string(), "127.0.0.1:1");
  EXPECT_EQ(reachable({"::", "1"}).to_string(), "[::1]:1");
  EXPECT_EQ(reachable({"10.0.0.7", "1"}).to_string(), "10.0.0.7:1");
}

}  // namespace
}  // namespace crawlspool::cli
