#include "daemon/auth/failed_tokens.h"

#include <gtest/gtest.h>

namespace crawlspool::auth {
namespace {

base::MachineKey address(unsigned number) {
  base::MachineKey key;
  key.bytes[1] = static_cast<unsigned char>(number >> 8U);
  key.bytes[2] = static_cast<unsigned char>(number);
  return key;
}

TEST(FailedTokens, WaitAfterTenWithinAMinute) {
  FailedTokens failed;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(failed.count(address(1), 0), 0);
  EXPECT_EQ(failed.count(address(1), 59'999), 1000);
  EXPECT_EQ(failed.count(address(2), 59'999), 0) << "another address has its own";
  EXPECT_EQ(failed.count(address(1), 60'000), 0) << "a minute later it begins anew";
  EXPECT_EQ(failed.total(), 13U);
}

TEST(FailedTokens, RememberABoundedNumberOfAddresses) {
  FailedTokens failed;
  for (unsigned i = 0; i < FailedTokens::kAddressesMax; ++i) EXPECT_EQ(failed.count(address(i), 5000), 0);
  EXPECT_EQ(failed.count(address(60'000), 5000), 1000);
  EXPECT_EQ(failed.count(address(60'000), 65'000), 0) << "old ones made place";
}

}  // namespace
}  // namespace crawlspool::auth
