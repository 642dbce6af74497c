#include "daemon/inputs/redis/resp_decoder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "daemon/inputs/redis/inline_words.h"

namespace crawlspool::redis {
namespace {

using Command = std::vector<std::string>;
using Step = RespDecoder::Step;

constexpr RespLimits kLimits{10, 4, 24};

struct Outcome {
  std::vector<Command> commands;
  std::string refusal;  // empty: none
  bool has_begun = false;
  std::size_t held_bytes_most = 0;
};

// The commands of `text` that comes in pieces of so many bytes.
Outcome decode(std::string text, std::size_t piece_bytes, const RespLimits& limits = kLimits) {
  text.reserve(text.size() + RespDecoder::kPaddingBytes);
  RespDecoder decoder(limits);
  Outcome outcome;
  std::string_view rest = text;
  while (!rest.empty() && outcome.refusal.empty()) {
    std::string_view piece = rest.substr(0, piece_bytes);
    rest.remove_prefix(piece.size());
    while (true) {
      const Step step = decoder.next(piece);
      outcome.held_bytes_most = std::max(outcome.held_bytes_most, decoder.held_bytes());
      if (step == Step::kNeedMore) break;
      if (step == Step::kRefused) {
        outcome.refusal = decoder.refusal();
        break;
      }
      if (!decoder.parts().empty()) outcome.commands.emplace_back(decoder.parts().begin(), decoder.parts().end());
    }
  }
  outcome.has_begun = decoder.has_begun();
  return outcome;
}

std::string resp(const Command& parts) {
  std::string text = "*" + std::to_string(parts.size()) + "\r\n";
  for (const std::string& part : parts) text += "$" + std::to_string(part.size()) + "\r\n" + part + "\r\n";
  return text;
}

TEST(RespDecoder, CommandsAreTheSameHoweverTheyArrive) {
  const std::vector<Command> commands{{"RPUSH", "s", "{\"a\":1}"}, {"PING"}, {"a", "", "\r\n$1"}};
  std::string text = "*0\r\n\r\n" + resp(commands[0]) + "*-1\r\n" + resp(commands[1]) + "\n" + resp(commands[2]);
  for (std::size_t bytes = 1; bytes <= text.size(); ++bytes) {
    const Outcome outcome = decode(text, bytes);
    EXPECT_EQ(outcome.commands, commands) << bytes;
    EXPECT_EQ(outcome.refusal, "") << bytes;
    EXPECT_FALSE(outcome.has_begun) << bytes;
  }
}

TEST(RespDecoder, InlineCommandsAreWordsOfALine) {
  for (std::size_t bytes = 1; bytes <= 40; ++bytes)
    EXPECT_EQ(decode("  PING \r\nRPUSH s '{\"a\":1}'\n", bytes).commands,
              (std::vector<Command>{{"PING"}, {"RPUSH", "s", "{\"a\":1}"}}))
        << bytes;
}

TEST(RespDecoder, OfAPartThatIsTooLongOneByteMoreThanAllowedComes) {
  const std::string text = resp({"a", std::string(1000, 'x')}) + resp({"PING"});
  for (const std::size_t bytes : {1U, 7U, 100U, 5000U})
    EXPECT_EQ(decode(text, bytes).commands, (std::vector<Command>{{"a", std::string(11, 'x')}, {"PING"}})) << bytes;
}

TEST(RespDecoder, ACommandCanBeKept) {
  for (const std::size_t piece_bytes : {1U, 1000U}) {
    std::string text = resp({"LPUSH", "k", "1", ""});
    text.reserve(text.size() + RespDecoder::kPaddingBytes);
    RespDecoder decoder(kLimits);
    Step step = Step::kNeedMore;
    for (std::string_view rest = text; step == Step::kNeedMore && !rest.empty();) {
      std::string_view piece = rest.substr(0, piece_bytes);
      rest.remove_prefix(piece.size());
      step = decoder.next(piece);
    }
    ASSERT_EQ(step, Step::kCommand);
    const OwnedCommand kept = decoder.keep();
    text.assign(text.size(), '?');
    EXPECT_EQ(Command(kept.parts().begin(), kept.parts().end()), (Command{"LPUSH", "k", "1", ""}));
    EXPECT_EQ(kept.bytes(), 7U);
    EXPECT_EQ(decoder.received_bytes(), 0U);
  }
}

struct Bad {
  std::string text;
  std::string why;
};

TEST(RespDecoder, WhatIsNoRespIsRefusedWithTheReason) {
  const std::vector<Bad> all{
      {"*x\r\n", "invalid multibulk length"},
      {"*1x\r\n", "invalid multibulk length"},
      {"*1\n", "invalid multibulk length"},
      {"*5\r\n", "invalid multibulk length: a command has at most 4 parts (limits.batch_records_max and 2)"},
      {"*" + std::string(100, '1'), "invalid multibulk length"},
      {"*1\r\n*1\r\n$1\r\na\r\n", "expected '$', got '*'"},
      {"*1\r\n:1\r\n", "expected '$', got ':'"},
      {"*1\r\n$-1\r\n", "invalid bulk length"},
      {"*1\r\n$536870913\r\n", "invalid bulk length"},
      {"*1\r\n$99999999999999999999\r\n", "invalid bulk length"},
      {"*1\r\n$" + std::string(100, '1'), "invalid bulk length"},
      {"*1\r\n$1\r\nabc", "a bulk string is longer than its length says"},
      {"*1\r\n$1\r\na\rc", "a bulk string is longer than its length says"},
      {resp({"123456789", "123456789", "123456789"}), "a command is at most 24 bytes in all"},
      {"a 'b\r\n", "unbalanced quotes in request"},
      {"a b c d e\r\n", "too many words in an inline request"},
      {"123456789 123456789 123456789\r\n", "a command is at most 24 bytes in all"},
      {std::string(RespDecoder::kInlineBytesMax + 1, 'a'), "too big inline request"},
  };
  for (const Bad& bad : all)
    for (const std::size_t bytes : {std::size_t{1}, std::size_t{3}, bad.text.size()}) {
      const Outcome outcome = decode(resp({"PING"}) + bad.text, bytes);
      EXPECT_EQ(outcome.refusal, bad.why) << bad.text.substr(0, 50) << " by " << bytes;
      EXPECT_EQ(outcome.commands, (std::vector<Command>{{"PING"}}));
      EXPECT_FALSE(outcome.has_begun);
    }
}

TEST(RespDecoder, AClaimCostsNoMemoryBeforeItsBytesCome) {
  constexpr RespLimits kLarge{512U << 20U, 1'000'000, 1U << 30U};
  const Outcome claimed = decode("*1000000\r\n$536870912\r\nabc", 8, kLarge);
  EXPECT_TRUE(claimed.has_begun);
  EXPECT_LE(claimed.held_bytes_most, 1024U);
  const Outcome cut = decode("*2\r\n$1\r\na\r\n$536870912\r\n" + std::string(100'000, 'x'), 4096);
  EXPECT_TRUE(cut.has_begun);
  EXPECT_LE(cut.held_bytes_most, 1024U);
}

TEST(InlineWords, QuotesAndEscapesAreThoseOfRedis) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(split_inline(" a  b\tc "), (Words{"a", "b", "c"}));
  EXPECT_EQ(split_inline(R"("a b" 'c d' e"f"'g')"), std::nullopt);
  EXPECT_EQ(split_inline(R"("a b" 'c d' e"f")"), (Words{"a b", "c d", "ef"}));
  EXPECT_EQ(split_inline(R"("\x41\n\"\q\x4" 'it\'s\n')"), (Words{"A\n\"qx4", "it's\\n"}));
  EXPECT_EQ(split_inline("''"), (Words{""}));
  EXPECT_EQ(split_inline(""), Words{});
  for (const char* bad : {"\"a", "'a", "\"a\\", "\"a\"b", "'"}) EXPECT_EQ(split_inline(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace crawlspool::redis
