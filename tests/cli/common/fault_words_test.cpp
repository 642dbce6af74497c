#include "cli/common/fault_words.h"

#include <gtest/gtest.h>

#include "daemon/json/record_checker.h"
#include "proto/codes.h"
#include "proto/frame_decoder.h"

namespace crawlspool::cli {
namespace {

// What the daemon's own checker says of it, in words.
std::string words_for(std::string record) {
  json::RecordChecker checker(3);
  const std::size_t bytes = record.size();
  record.append(proto::FrameDecoder::kPaddingBytes, '\0');
  const std::string_view checked = std::string_view(record).substr(0, bytes);
  const auto reason = checker.check(checked);
  if (!reason) return "sound";
  return verdict_words(checked, proto::word(reason->code), std::string(reason->detail.view()), reason->offset);
}

TEST(FaultWords, SayWhatWasExpectedAndWhatIsThere) {
  const std::string bad = "invalid_json: not valid JSON at byte ";
  const std::string begins = "a record begins with {, [, a string, a number, true, false or null";
  EXPECT_EQ(words_for("hello"), bad + "0: " + begins + "; found 'hello'");
  EXPECT_EQ(words_for("NaN"), bad + "0: " + begins + "; found 'NaN'");
  EXPECT_EQ(words_for("01"), bad + "0: " + begins + "; found '01'");
  EXPECT_EQ(words_for("{bad}"), bad + "1: a name in double quotes or } is expected; found 'bad'");
  EXPECT_EQ(words_for(R"({"a" 1})"), bad + "5: a colon is expected; found '1'");
  EXPECT_EQ(words_for(R"({"a":None})"), bad + "5: a value is expected; found 'None'");
  EXPECT_EQ(words_for(R"([1,])"), bad + "3: a value is expected; found ']'");
  EXPECT_EQ(words_for(R"([,1])"), bad + "1: a value or ] is expected; found ','");
  EXPECT_EQ(words_for(R"([1 2])"), bad + "3: a comma or ] is expected; found '2'");
  EXPECT_EQ(words_for(R"({"a":1,})"), bad + "7: a name in double quotes is expected; found '}'");
  EXPECT_EQ(words_for(R"({"a":{"b":[1]} 2})"), bad + "15: a comma or } is expected; found '2'");
  EXPECT_EQ(words_for(R"({"a":1)"), bad + "6: a comma or } is expected; the line ends there");
  EXPECT_EQ(words_for("{}{}"), bad + "2: nothing may follow a record in its line; found '{'");
}

TEST(FaultWords, KnowWhatStringsMayHold) {
  EXPECT_NE(words_for("{\"a\":\"b\tc\"}").find("a string holds no control characters"), std::string::npos);
  EXPECT_NE(words_for("{\"a\":\"b").find("a string has no end"), std::string::npos);
  EXPECT_NE(words_for(R"({"a":"\x"})").find("a backslash begins"), std::string::npos);
}

TEST(FaultWords, NameTheByteThatIsNoUtf8) {
  EXPECT_EQ(words_for("\"caf\xe9\""), "invalid_utf8: not valid UTF-8 at byte 4: found byte 0xe9");
}

TEST(FaultWords, NameEachPlaceOnceAndInventNone) {
  EXPECT_EQ(words_for("[[[[1]]]]"), "too_deep: more than 3 arrays and objects open at once");
  EXPECT_EQ(verdict_words("", "invalid_json", "bad", 7), "invalid_json: bad (at byte 7)");
  EXPECT_EQ(verdict_words("", "some_code", "", {}), "some_code");
  EXPECT_EQ(verdict_words("abc", "some_code", "bad at byte 1", 1), "some_code: bad at byte 1");
  EXPECT_EQ(words_for("\xef\xbb\xbf{}").find("(at byte"), std::string::npos);
}

}  // namespace
}  // namespace crawlspool::cli
