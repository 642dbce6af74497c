#include "cli/common/option_checks.h"

#include <gtest/gtest.h>

#include "daemon/base/clock.h"

namespace crawlspool::cli {
namespace {

constexpr std::int64_t kNowUs = 1'795'147'506'123'456;  // 2026-11-20T04:05:06.123456Z

std::string text_of(const std::string& since) {
  const auto us = parse_since(since, kNowUs);
  return us ? base::format_timestamp(*us) : "nothing";
}

TEST(Since, ADurationCountsBackFromNow) {
  EXPECT_EQ(text_of("90s"), "2026-11-20T04:03:36.123456Z");
  EXPECT_EQ(text_of("30m"), "2026-11-20T03:35:06.123456Z");
  EXPECT_EQ(text_of("1h"), "2026-11-20T03:05:06.123456Z");
  EXPECT_EQ(text_of("7d"), "2026-11-13T04:05:06.123456Z");
  EXPECT_EQ(text_of("106751991167d"), "1970-01-01T00:00:00.000000Z");
}

TEST(Since, ATimeIsRfc3339InUtc) {
  EXPECT_EQ(text_of("2026-11-20"), "2026-11-20T00:00:00.000000Z");
  EXPECT_EQ(text_of("2026-11-20T04:05:06Z"), "2026-11-20T04:05:06.000000Z");
  EXPECT_EQ(text_of("2026-11-20T04:05:06.5Z"), "2026-11-20T04:05:06.500000Z");
  EXPECT_EQ(text_of("2026-11-20T04:05:06.123456Z"), "2026-11-20T04:05:06.123456Z");
  EXPECT_EQ(text_of("2026-11-20T04:05:06.123456789Z"), "2026-11-20T04:05:06.123456Z");
}

TEST(Since, AnythingElseIsRefusedWithWhatIsTaken) {
  for (const char* wrong :
       {"", "1", "1h30m", "-1h", "h", "yesterday", "2026-13-01", "2026-02-30", "2026-11-20T04:05:06",
        "2026-11-20T04:05:06+01:00", "2026-11-20T04:05:06.Z", "2026-11-20T04:05:06.xZ", "2026-11-20T24:00:00Z",
        "2026-11-20 04:05:06Z", "2026-11-20T04:05Z", "Z", "2026-11-20T04:05:06.123456"}) {
    EXPECT_EQ(text_of(wrong), "nothing") << wrong;
    EXPECT_NE(check_since(wrong).find("30m"), std::string::npos) << wrong;
  }
  EXPECT_EQ(check_since("1h"), "");
}

}  // namespace
}  // namespace crawlspool::cli
