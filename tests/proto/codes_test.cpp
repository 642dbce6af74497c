#include "proto/codes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace crawlspool::proto {
namespace {

// Every word by its enumerator, so that a renamed or swapped one shows: clients compare these texts.
TEST(Codes, EachEnumeratorHasTheProtocolsWord) {
  EXPECT_EQ(word(RejectCode::kInvalidJson), "invalid_json");
  EXPECT_EQ(word(RejectCode::kInvalidUtf8), "invalid_utf8");
  EXPECT_EQ(word(RejectCode::kEmptyRecord), "empty_record");
  EXPECT_EQ(word(RejectCode::kTooDeep), "too_deep");
  EXPECT_EQ(word(RejectCode::kRecordTooLarge), "record_too_large");
  EXPECT_EQ(word(RejectCode::kInvalidCharset), "invalid_charset");
  EXPECT_EQ(word(ErrorWord::kWrongProtocol), "wrong_protocol");
  EXPECT_EQ(word(ErrorWord::kFrameTooLarge), "frame_too_large");
  EXPECT_EQ(word(ErrorWord::kFrameTimeout), "frame_timeout");
  EXPECT_EQ(word(ErrorWord::kUnknownFrameType), "unknown_frame_type");
  EXPECT_EQ(word(ErrorWord::kBadFrame), "bad_frame");
  EXPECT_EQ(word(ErrorWord::kBadHello), "bad_hello");
  EXPECT_EQ(word(ErrorWord::kBadBatch), "bad_batch");
  EXPECT_EQ(word(ErrorWord::kSessionMismatch), "session_mismatch");
  EXPECT_EQ(word(ErrorWord::kTooManySessions), "too_many_sessions");
  EXPECT_EQ(word(ErrorWord::kTooManyConnections), "too_many_connections");
  EXPECT_EQ(word(ErrorWord::kSlowReader), "slow_reader");
  EXPECT_EQ(word(ErrorWord::kNumbersUsedUp), "numbers_used_up");
  EXPECT_EQ(word(ErrorWord::kSpoolFailed), "spool_failed");
  EXPECT_EQ(word(GoodbyeReason::kBye), "bye");
  EXPECT_EQ(word(GoodbyeReason::kIdleTimeout), "idle_timeout");
  EXPECT_EQ(word(GoodbyeReason::kDraining), "draining");
  EXPECT_EQ(word(GoodbyeReason::kSuperseded), "superseded");
  EXPECT_EQ(word(SlowReason::kSpoolBusy), "spool_busy");
  EXPECT_EQ(word(SlowReason::kDiskFull), "disk_full");
  EXPECT_EQ(word(SlowReason::kMemory), "memory");
  EXPECT_EQ(word(SlowReason::kNoDescriptors), "no_descriptors");
  EXPECT_EQ(word(SlowReason::kAmplification), "amplification");
}

template <class Code>
std::vector<std::string> words_up_to(Code last) {
  std::vector<std::string> words;
  for (int i = 0; i <= static_cast<int>(last); ++i) words.emplace_back(word(static_cast<Code>(i)));
  return words;
}

void expect_unique_snake_case(const std::vector<std::string>& words) {
  EXPECT_EQ(std::set<std::string>(words.begin(), words.end()).size(), words.size());
  for (const std::string& text : words) {
    EXPECT_FALSE(text.empty());
    EXPECT_EQ(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), std::string::npos) << text;
    EXPECT_NE(text.front(), '_') << text;
    EXPECT_NE(text.back(), '_') << text;
  }
}

TEST(Codes, WordsAreUniqueAndLowerSnakeCase) {
  // Rejects, errors and goodbyes share the logs' and the metrics' one column of codes.
  std::vector<std::string> endings = words_up_to(RejectCode::kInvalidCharset);
  EXPECT_EQ(endings.size(), kRejectCodes);
  for (auto& text : words_up_to(ErrorWord::kSpoolFailed)) endings.push_back(text);
  for (auto& text : words_up_to(GoodbyeReason::kSuperseded)) endings.push_back(text);
  expect_unique_snake_case(endings);
  expect_unique_snake_case(words_up_to(SlowReason::kAmplification));
}

}  // namespace
}  // namespace crawlspool::proto
