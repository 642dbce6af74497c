#include "config/units.h"

#include <gtest/gtest.h>

#include "config/model.h"

namespace crawlspool::config {
namespace {

std::string why_no_duration(std::string_view text) {
  const auto parsed = parse_duration_ms(text);
  return parsed ? "" : parsed.error().message();
}

std::string why_no_size(std::string_view text) {
  const auto parsed = parse_size(text);
  return parsed ? "" : parsed.error().message();
}

TEST(Units, EveryDurationUnitIsRead) {
  EXPECT_EQ(parse_duration_ms("250ms"), 250);
  EXPECT_EQ(parse_duration_ms("30s"), 30'000);
  EXPECT_EQ(parse_duration_ms("5m"), 300'000);
  EXPECT_EQ(parse_duration_ms("2h"), 7'200'000);
  EXPECT_EQ(parse_duration_ms("1d"), 86'400'000);
}

TEST(Units, EverySizeUnitIsRead) {
  EXPECT_EQ(parse_size("7B"), 7U);
  EXPECT_EQ(parse_size("7KiB"), 7 * kKiB);
  EXPECT_EQ(parse_size("7MiB"), 7 * kMiB);
  EXPECT_EQ(parse_size("7GiB"), 7 * kGiB);
  EXPECT_EQ(parse_size("7TiB"), 7 * kTiB);
}

TEST(Units, ZeroNeedsNoUnit) {
  EXPECT_EQ(parse_duration_ms("0"), 0);
  EXPECT_EQ(parse_duration_ms("0s"), 0);
  EXPECT_EQ(parse_size("0"), 0U);
  EXPECT_EQ(parse_size("0GiB"), 0U);
}

TEST(Units, BareNumberIsRefused) {
  EXPECT_EQ(why_no_duration("300"),
            "'300' has no unit: a duration is a whole number and ms, s, m, h or d, such as 30s");
  EXPECT_EQ(why_no_size("300"),
            "'300' has no unit: a size is a whole number and B, KiB, MiB, GiB or TiB, such as 16MiB");
}

TEST(Units, UnknownUnitIsRefused) {
  for (const char* text : {"5min", "5 m", "5M", "5sec", "5w", "5s ", "1.5h", "5m5"})
    EXPECT_NE(why_no_duration(text).find("unknown unit"), std::string::npos) << text;
  for (const char* text : {"5MB", "5mib", "5M", "5 MiB", "5b", "1.5GiB", "5PiB"})
    EXPECT_NE(why_no_size(text).find("unknown unit"), std::string::npos) << text;
}

TEST(Units, WhatIsNoNumberIsRefused) {
  for (const char* text : {"", "s", "-5s", "+5s", " 5s", "five", "\xff"}) EXPECT_NE(why_no_duration(text), "") << text;
}

TEST(Units, OverflowIsRefused) {
  EXPECT_EQ(parse_size("9223372036854775807B"), 9223372036854775807U);
  EXPECT_EQ(why_no_size("9223372036854775808B"), "'9223372036854775808' is too large");
  EXPECT_EQ(why_no_size("99999999999999999999999B"), "'99999999999999999999999' is too large");
  EXPECT_EQ(parse_size("8388607TiB"), 8388607 * kTiB);
  EXPECT_EQ(why_no_size("8388608TiB"), "'8388608TiB' is too large");
  EXPECT_EQ(why_no_duration("106751991168d"), "'106751991168d' is too large");
}

TEST(Units, LeadingZeroIsRefused) { EXPECT_NE(why_no_duration("010s"), ""); }

TEST(Units, LargestUnitWithoutFractionIsPrinted) {
  EXPECT_EQ(format_duration(0), "0");
  EXPECT_EQ(format_duration(1), "1ms");
  EXPECT_EQ(format_duration(90'000), "90s");
  EXPECT_EQ(format_duration(300'000), "5m");
  EXPECT_EQ(format_duration(172'800'000), "2d");
  EXPECT_EQ(format_size(0), "0");
  EXPECT_EQ(format_size(kFrameBytesMax), "268435455B");
  EXPECT_EQ(format_size(1536 * kMiB), "1536MiB");
  EXPECT_EQ(format_size(2 * kTiB), "2TiB");
}

TEST(Units, PrintedValuesParseBack) {
  for (std::int64_t value = 1; value < std::int64_t{1} << 60; value = value * 3 + 1) {
    EXPECT_EQ(parse_duration_ms(format_duration(value)), value);
    EXPECT_EQ(parse_size(format_size(static_cast<std::uint64_t>(value))), static_cast<std::uint64_t>(value));
  }
}

TEST(Units, QuotedTextStaysOnOneLineAndShort) {
  EXPECT_EQ(in_quotes("a\nb\x1b[31m\"\\"), "'a\\u000ab\\u001b[31m\"\\'");
  EXPECT_EQ(in_quotes(std::string(1000, 'x')), "'" + std::string(80, 'x') + "…'");
}

}  // namespace
}  // namespace crawlspool::config
