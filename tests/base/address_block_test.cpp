#include "daemon/base/address_block.h"

#include <gtest/gtest.h>

namespace crawlspool::base {
namespace {

AddressBlock block(std::string_view text) { return AddressBlock::parse(text).value(); }
Endpoint endpoint(std::string_view url) { return Endpoint::parse(url).value(); }

TEST(AddressBlock, ContainsWhatSharesItsPrefix) {
  EXPECT_TRUE(block("10.0.0.0/8").contains(endpoint("tcp://10.255.1.2:1")));
  EXPECT_FALSE(block("10.0.0.0/8").contains(endpoint("tcp://11.0.0.0:1")));
  EXPECT_TRUE(block("192.168.4.0/22").contains(endpoint("tcp://192.168.7.255:1")));
  EXPECT_FALSE(block("192.168.4.0/22").contains(endpoint("tcp://192.168.8.0:1")));
  EXPECT_TRUE(block("2001:db8::/33").contains(endpoint("tcp://[2001:db8:7fff::1]:1")));
  EXPECT_FALSE(block("2001:db8::/33").contains(endpoint("tcp://[2001:db8:8000::1]:1")));
}

TEST(AddressBlock, OneAddressIsABlockOfItsOwn) {
  EXPECT_TRUE(block("127.0.0.1").contains(endpoint("tcp://127.0.0.1:1")));
  EXPECT_FALSE(block("127.0.0.1").contains(endpoint("tcp://127.0.0.2:1")));
  EXPECT_TRUE(block("::1").contains(endpoint("tcp://[::1]:1")));
  EXPECT_FALSE(block("::1").contains(endpoint("tcp://[::2]:1")));
}

TEST(AddressBlock, ZeroBitsAreAllOfTheFamily) {
  EXPECT_TRUE(block("0.0.0.0/0").contains(endpoint("tcp://255.255.255.255:1")));
  EXPECT_FALSE(block("0.0.0.0/0").contains(endpoint("tcp://[2001:db8::1]:1")));
  EXPECT_TRUE(block("::/0").contains(endpoint("tcp://[2001:db8::1]:1")));
}

TEST(AddressBlock, MappedIpv4CountsAsIpv4) {
  EXPECT_TRUE(block("10.0.0.0/8").contains(endpoint("tcp://[::ffff:10.1.2.3]:1")));
  EXPECT_FALSE(block("10.0.0.0/8").contains(endpoint("tcp://[::ffff:11.1.2.3]:1")));
}

TEST(AddressBlock, UnixSocketsAreInNone) { EXPECT_FALSE(block("::/0").contains(endpoint("unix:///run/some.sock"))); }

TEST(AddressBlock, AnythingElseIsAConfigErrorThatShowsTheText) {
  for (const std::string bad : {"", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.1/8", "::1/64",
                                "2001:db8::/129", "localhost", "10.1", "[::1]", "10.0.0.0/8 "}) {
    const auto parsed = AddressBlock::parse(bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_EQ(parsed.error().code, ErrorCode::kConfig);
    EXPECT_NE(parsed.error().message().find("'" + bad + "'"), std::string::npos) << parsed.error().message();
  }
}

TEST(AddressBlock, AListContainsWhatOneOfItDoes) {
  const std::vector<AddressBlock> blocks{block("10.0.0.0/8"), block("::1")};
  EXPECT_TRUE(contains(blocks, endpoint("tcp://[::1]:1")));
  EXPECT_FALSE(contains(blocks, endpoint("tcp://127.0.0.1:1")));
  EXPECT_FALSE(contains({}, endpoint("tcp://127.0.0.1:1")));
}

}  // namespace
}  // namespace crawlspool::base
