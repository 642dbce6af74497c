#include "daemon/spool/lines/line.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "daemon/base/text.h"

namespace crawlspool::spool {
namespace {

// The crc of each golden line is Python's zlib.crc32 of what is before `,"crc32":`.
constexpr const char* kPlain =
    R"({"ts":"2026-11-20T04:05:06.123456Z","seq":42,"via":"stream","peer":"10.0.0.7:51234","record":{"a":1},"crc32":"d33f8ae5"})"
    "\n";
constexpr const char* kMarked =
    R"({"synced":4096,"ts":"2026-11-20T04:05:06.123456Z","seq":42,"via":"stream","peer":"10.0.0.7:51234","record":{"a":1},"crc32":"487aa45a"})"
    "\n";
constexpr const char* kWithoutSeq =
    R"({"ts":"2026-11-20T04:05:06.123456Z","via":"http","peer":"[::1]:51234","record":"crc32\":","crc32":"881f1d8b"})"
    "\n";
constexpr const char* kGreatestSeq =
    R"({"ts":"2026-11-20T04:05:06.123456Z","seq":18446744073709551615,"via":"stream","peer":"x","record":[1,2],"crc32":"0cfda8a4"})"
    "\n";
constexpr const char* kCrcWithZerosInFront =
    R"({"ts":"2026-11-20T04:05:06.123456Z","seq":394,"via":"stream","peer":"x","record":0,"crc32":"00cc7221"})"
    "\n";

std::string written(const Origin& origin, std::uint64_t seq, std::string_view record) {
  char timestamp[base::kTimestampBytes];
  std::memcpy(timestamp, "2026-11-20T04:05:06.123456Z", base::kTimestampBytes);
  std::string line(envelope_bytes_max(origin) + record.size(), '?');
  char* const end = write_line(line.data(), timestamp, origin, seq, record);
  EXPECT_LE(end, line.data() + line.size());
  line.resize(static_cast<std::size_t>(end - line.data()));
  return line;
}

std::string marked(std::string_view line, Position synced) {
  const SyncedMark mark = mark_synced(line, synced);
  return mark.head + std::string(line.substr(1, line.size() - 1 - kTrailerBytes - kLineEndBytes)) + mark.trailer;
}

TEST(Crc32, IsZlibs) {
  EXPECT_EQ(crc32("123456789"), 0xcbf43926U);
  EXPECT_EQ(crc32("56789", crc32("1234")), 0xcbf43926U);
}

TEST(WriteLine, MatchesTheGoldenLines) {
  EXPECT_EQ(written(make_origin("stream", "10.0.0.7:51234"), 42, R"({"a":1})"), kPlain);
  EXPECT_EQ(written(make_origin("http", "[::1]:51234"), 0, R"("crc32\":")"), kWithoutSeq);
  EXPECT_EQ(written(make_origin("stream", "x"), UINT64_MAX, "[1,2]"), kGreatestSeq);
  EXPECT_EQ(written(make_origin("stream", "x"), 394, "0"), kCrcWithZerosInFront);
}

TEST(WriteLine, NamesWhatTheClientGaveItself) {
  EXPECT_EQ(
      written(make_origin("stream", "x", {"worker-7", "c1f2000000000abc", "a/b"}), 42, "1"),
      R"({"ts":"2026-11-20T04:05:06.123456Z","client":"worker-7","session":"c1f2000000000abc","seq":42,"stream":"a/b",)"
      R"("via":"stream","peer":"x","record":1,"crc32":"d6809d5d"})"
      "\n");
}

TEST(WriteLine, SaysWhatADecodedRecordCameIn) {
  const std::string whole = written(make_origin("stream", "x", {}, {"gb18030", 0}), 1, "1");
  EXPECT_NE(whole.find(R"("peer":"x","charset":"gb18030","record":1,)"), std::string::npos) << whole;
  const std::string line = written(make_origin("stream", "x", {}, {"gb18030", 3}), 1, "1");
  EXPECT_NE(line.find(R"("peer":"x","charset":"gb18030","replaced":3,"record":1,)"), std::string::npos) << line;
  const auto sound = check_line(line);
  ASSERT_TRUE(sound);
  EXPECT_EQ(sound->record, "1");
  EXPECT_EQ(envelope_member(sound->envelope, "charset"), "gb18030");
  EXPECT_EQ(envelope_number(sound->envelope, "seq"), 1U);
}

TEST(WriteLine, AStreamMayHoldWhatTheEnvelopeIsMadeOf) {
  for (const std::string stream : {"引文", R"(a"b)", R"(a\)", R"(\")", R"(",\"session":"0000000000000000)",
                                   R"(","record":7,"crc32":"8c736521"})", R"("client":"x")"}) {
    const std::string line = written(make_origin("stream", "x", {"worker-7", "", stream}), 42, "[1]");
    const auto sound = check_line(line);
    ASSERT_TRUE(sound) << stream;
    EXPECT_EQ(sound->record, "[1]");
    EXPECT_EQ(envelope_member(sound->envelope, "client"), "worker-7");
    EXPECT_EQ(envelope_member(sound->envelope, "session"), std::nullopt) << stream;
    EXPECT_EQ(envelope_member(sound->envelope, "via"), "stream") << stream;
    std::string spelled;
    base::append_json_escaped(spelled, stream);
    EXPECT_EQ(envelope_member(sound->envelope, "stream"), spelled);
  }
}

TEST(WriteLine, LeavesOutRawLineBreaksAndNothingElse) {
  const std::string line = written(make_origin("stream", "x"), UINT64_MAX, "\r\n[1,\n2]\r");
  EXPECT_EQ(line, kGreatestSeq);
  EXPECT_EQ(check_line(written(make_origin("stream", "x"), 1, " [ \t1 ] "))->record, " [ \t1 ] ");
}

TEST(WriteLine, EscapesThePeersName) {
  const std::string line = written(make_origin("stream", "a\",\"record\":\n"), 1, "7");
  ASSERT_TRUE(check_line(line));
  EXPECT_EQ(check_line(line)->record, "7");
}

TEST(MarkSynced, MatchesTheGoldenLine) { EXPECT_EQ(marked(kPlain, 4096), kMarked); }

TEST(MarkSynced, TakesTheGreatestPosition) {
  const auto line = check_line(marked(kPlain, UINT64_MAX));
  ASSERT_TRUE(line);
  EXPECT_EQ(line->synced, UINT64_MAX);
}

TEST(CheckLine, FindsTheParts) {
  const auto plain = check_line(kPlain);
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->record, R"({"a":1})");
  EXPECT_FALSE(plain->synced);
  EXPECT_EQ(envelope_member(plain->envelope, "seq"), "42");
  EXPECT_EQ(envelope_member(plain->envelope, "peer"), "10.0.0.7:51234");
  EXPECT_EQ(envelope_member(plain->envelope, "client"), std::nullopt);
  const auto with_mark = check_line(kMarked);
  ASSERT_TRUE(with_mark);
  EXPECT_EQ(with_mark->synced, 4096U);
  EXPECT_EQ(with_mark->record, R"({"a":1})");
}

TEST(CheckLine, TakesTheFirstRecordKeyForTheRecord) {
  const std::string record = R"({"x":1,"record":2,"crc32":"00000000"})";
  EXPECT_EQ(check_line(written(make_origin("stream", "x"), 1, record))->record, record);
}

TEST(CheckLine, NoFlippedBitIsSound) {
  for (const std::string golden : {kPlain, kMarked, kCrcWithZerosInFront})
    for (std::size_t at = 0; at < golden.size(); ++at)
      for (int bit = 0; bit < 8; ++bit) {
        std::string line = golden;
        line[at] = static_cast<char>(line[at] ^ (1 << bit));
        EXPECT_FALSE(check_line(line)) << "byte " << at << ", bit " << bit;
      }
}

TEST(CheckLine, NoPieceOfALineIsSound) {
  const std::string line = kPlain;
  for (std::size_t n = 0; n < line.size(); ++n) EXPECT_FALSE(check_line(line.substr(0, n))) << n;
  for (std::size_t n = 1; n < line.size(); ++n) EXPECT_FALSE(check_line(line.substr(n))) << n;
  EXPECT_FALSE(check_line(line + "\n"));
}

TEST(CheckLine, AMatchingCrcAloneIsNotEnough) {
  EXPECT_FALSE(check_line("{\"ts\":\"2026-11-20T04:05:06.123456Z\",\"seq\":42,\"crc32\":\"859ea148\"}\n"));
  EXPECT_FALSE(
      check_line("{\"synced\":,\"ts\":\"2026-11-20T04:05:06.123456Z\",\"via\":\"tcp\",\"peer\":\"x\","
                 "\"record\":0,\"crc32\":\"ab1736cf\"}\n"));
}

TEST(BlankLine, IsSpacesAndALineBreak) {
  EXPECT_TRUE(is_blank_line("\n"));
  EXPECT_TRUE(is_blank_line("   \n"));
  EXPECT_FALSE(is_blank_line(""));
  EXPECT_FALSE(is_blank_line("   "));
  EXPECT_FALSE(is_blank_line(" x \n"));
  EXPECT_FALSE(is_blank_line("\n\n"));
}

}  // namespace
}  // namespace crawlspool::spool
