#include "daemon/session/key.h"

#include <gtest/gtest.h>

namespace crawlspool::session {
namespace {

// As `printf %s 5f3a9c1204be77d0a1c25be6900f3e12 | sha256sum` has it.
TEST(SessionKey, IsTheBeginningOfTheDigitsSha256) {
  EXPECT_EQ(spool::session_digits(session_key("5f3a9c1204be77d0a1c25be6900f3e12")), "3c3317834a686e3c");
}

TEST(SessionKey, DoesNotDependOnTheDigitsCase) {
  EXPECT_EQ(session_key("5F3A9C1204BE77D0A1C25BE6900F3E12"), session_key("5f3a9c1204be77d0a1c25be6900f3e12"));
  EXPECT_NE(session_key("5f3a9c1204be77d0a1c25be6900f3e13"), session_key("5f3a9c1204be77d0a1c25be6900f3e12"));
}

}  // namespace
}  // namespace crawlspool::session
