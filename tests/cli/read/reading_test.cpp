// What cat and tail print by their filters and places.
#include "cli/read/reading.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/cli/command_fixture.h"

namespace crawlspool::cli {
namespace {

class ReadingTest : public CommandTest {
 protected:
  // The records, without their line ends.
  std::string records(std::vector<std::string> arguments) {
    arguments.emplace_back("--records");
    const Ran ran = on_spool(std::move(arguments));
    EXPECT_EQ(ran.exit_code, kExitOk) << ran.err;
    EXPECT_EQ(ran.err, "");
    std::string found = ran.out;
    std::erase(found, '\n');
    return found;
  }
};

TEST_F(ReadingTest, StreamAndClientAreMatchedExactlyAndInTheEnvelopeOnly) {
  make_spool(make_line({.client = "a", .stream = "s", .record = "1"}) +
             make_line({.client = "b", .stream = "s", .record = "2"}) +
             make_line({.client = "a", .stream = "st", .record = "3"}) +
             make_line({.record = R"({"x":4,"stream":"s","client":"a"})"}) +
             make_line({.client = "s", .stream = "a", .record = "5"}));
  EXPECT_EQ(records({"cat", "--stream", "s"}), "12");
  EXPECT_EQ(records({"cat", "--client", "a"}), "13");
  EXPECT_EQ(records({"cat", "--client", "a", "--stream", "s"}), "1");
  EXPECT_EQ(records({"tail", "--stream", "s"}), "12");
}

TEST_F(ReadingTest, AStreamIsFoundByItsNameHoweverTheLineSpellsIt) {
  make_spool(make_line({.stream = "引文", .record = "1"}) + make_line({.stream = R"(a\"b)", .record = "2"}) +
             make_line({.stream = R"(a\\)", .record = "3"}) + make_line({.stream = "e\u0301", .record = "4"}) +
             make_line({.stream = "\u00E9", .record = "5"}) +
             make_line({.stream = R"(\"client\":\"c)", .record = "6"}));
  EXPECT_EQ(records({"cat", "--stream", "引文"}), "1");
  EXPECT_EQ(records({"tail", "--stream", "a\"b"}), "2");
  EXPECT_EQ(records({"cat", "--stream", "a\\"}), "3");
  EXPECT_EQ(records({"cat", "--stream", "e\u0301"}), "4");  // bytes are compared: these two are two names
  EXPECT_EQ(records({"cat", "--stream", "\u00E9"}), "5");
  EXPECT_EQ(records({"cat", "--stream", "\"client\":\"c"}), "6");
  EXPECT_EQ(records({"cat", "--client", "c"}), "");
}

TEST_F(ReadingTest, ANameThatNothingCanHaveIsRefused) {
  make_spool(make_line({.stream = "s"}));
  for (const char* name : {"", "a b", "a\n", "\xFF"}) {
    const Ran ran = on_spool({"cat", "--stream", name});
    EXPECT_EQ(ran.exit_code, 64) << name;
    EXPECT_NE(ran.err.find("a stream's name is 1 to 128 bytes of UTF-8"), std::string::npos) << ran.err;
  }
}

TEST_F(ReadingTest, SinceGoesByEachLinesTimeAndKeepsTheOrder) {
  make_spool(make_line({.ts = "2026-11-20T04:05:06.000000Z", .record = "1"}) +
             make_line({.ts = "2026-11-20T02:00:00.000000Z", .record = "2"}) +
             make_line({.ts = "2026-11-20T04:05:05.999999Z", .record = "3"}) +
             make_line({.ts = "2026-11-21T00:00:00.000000Z", .record = "4"}));
  EXPECT_EQ(records({"cat", "--since", "2026-11-20T04:05:06Z"}), "14");
  EXPECT_EQ(records({"cat", "--since", "2026-11-20"}), "1234");
  EXPECT_EQ(records({"cat", "--since", "2026-11-21"}), "4");
  EXPECT_EQ(records({"cat", "--since", "2027-01-01"}), "");
  EXPECT_EQ(records({"tail", "--since", "2026-11-20T04:05:06Z"}), "14");
  EXPECT_EQ(records({"tail", "--since", "2026-11-20T04:05:06Z", "-n", "1"}), "4");
}

TEST_F(ReadingTest, AllOptionsGoTogether) {
  const std::string first = make_line({.client = "c", .stream = "s", .record = "1"});
  make_spool(first + make_line({.client = "c", .stream = "s", .record = "2"}) +
             make_line({.ts = "2020-01-01T00:00:00.000000Z", .client = "c", .stream = "s", .record = "3"}) +
             make_line({.client = "c", .record = "4"}) + make_line({.client = "c", .stream = "s", .record = "5"}));
  for (const char* command : {"cat", "tail"})
    EXPECT_EQ(records({command, "--from", std::to_string(first.size()), "--since", "2026-01-01", "--stream", "s",
                       "--client", "c"}),
              "25");
}

TEST_F(ReadingTest, TailCountsTheLinesThatAreWanted) {
  std::string content;
  for (int i = 0; i < 30'000; ++i) content += make_line({.stream = i % 10'000 == 7 ? "rare" : "common"});
  make_spool(content + make_line({.stream = "rare", .record = "9"}));
  EXPECT_EQ(records({"tail", "-n", "2", "--stream", "rare"}), "{}9");
  EXPECT_EQ(records({"tail", "-n", "3", "--stream", "rare"}), "{}{}9");
  EXPECT_EQ(records({"tail", "--stream", "rare"}), "{}{}{}9");
  EXPECT_EQ(records({"tail", "-n", "0", "--stream", "rare"}), "");
  EXPECT_EQ(records({"tail", "--stream", "none"}), "");
}

TEST_F(ReadingTest, TailFromAPlaceIsAllBehindItOrItsLastLines) {
  std::string content;
  for (int i = 0; i < 15; ++i) content += numbered_line(i % 10);
  make_spool(content);
  EXPECT_EQ(records({"tail"}), "5678901234");
  EXPECT_EQ(records({"tail", "--from", "1"}), "12345678901234");
  EXPECT_EQ(records({"tail", "--from", "1", "-n", "2"}), "34");
  EXPECT_EQ(records({"tail", "--from", "1", "-n", "99"}), "12345678901234");
  EXPECT_EQ(on_spool({"tail", "--from", std::to_string(content.size() + 1)}).exit_code, kExitFailed);
}

TEST_F(ReadingTest, DamageIsToldWhateverIsWanted) {
  make_spool(make_line({.stream = "s", .record = "1"}) + "damage\n" + "  \n" +
             make_line({.stream = "s", .record = "2"}));
  const Ran ran = on_spool({"cat", "--records", "--stream", "s"});
  EXPECT_EQ(ran.exit_code, kExitDamaged);
  EXPECT_EQ(ran.out, "1\n2\n");
  EXPECT_NE(ran.err.find("7 bytes damaged"), std::string::npos);
}

}  // namespace
}  // namespace crawlspool::cli
