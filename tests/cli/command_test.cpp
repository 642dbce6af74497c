#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "cli/common/subcommands.h"
#include "tests/cli/command_fixture.h"

namespace crawlspool::cli {
namespace {

TEST_F(CommandTest, AWrongCommandLineIs64) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"nonsense"},
                                             {"--no-such"},
                                             {"cat", "--no-such"},
                                             {"cat", "--from", "1", "--cursor", "c"},
                                             {"cat", "--since", "1h", "--cursor", "c"},
                                             {"cat", "--since", "yesterday"},
                                             {"cat", "--cursor", "Name"},
                                             {"tail", "--skip"},
                                             {"cursors", "--remove", "a/b"},
                                             {"cat", "--from", "-1"},
                                             {"cat", "--from", "0x10"},
                                             {"cat", "more"},
                                             {"cat", "tail"},
                                             {"tail", "-n", "many"},
                                             {"send", "--server", "nonsense"},
                                             {"send", "--session-file", "f"},
                                             {"send", "--session-file", "f", "-"},
                                             {"send", "--session-file", "f", "/dev/null"},
                                             {"send", "--session-file", "f", "/dev/zero", "/dev/null"},
                                             {"send", "--client", "a b"},
                                             {"send", "--stream", "a b"},
                                             {"send", "--give-up-after", "5"},
                                             {"bench", "--records", "0"},
                                             {"bench", "--time", "5"},
                                             {"bench", "--time", "9s", "--time-max", "8s"},
                                             {"bench", "--connections", "1001"},
                                             {"bench", "--modes", "pipelined,no-such"},
                                             {"bench", "--modes", "redis-pipelined"},
                                             {"bench", "--modes", ""},
                                             {"bench", "--ack", "both"},
                                             {"bench", "--with", "mysql"},
                                             {"bench", "--server", "nonsense"},
                                             {"bench", "--http", "tcp://127.0.0.1:1"},
                                             {"bench", "--admin", "http://127.0.0.1:1"},
                                             {"bench", "--server", "tcp://127.0.0.1:1", "--modes", "http-close"},
                                             {"status", "--admin", "tcp://127.0.0.1:1"}}) {
    const Ran ran = run_command(arguments);
    EXPECT_EQ(ran.exit_code, kExitUsage) << (arguments.empty() ? "nothing" : arguments.back());
    EXPECT_EQ(ran.out, "");
    EXPECT_NE(ran.err, "");
  }
}

TEST_F(CommandTest, HelpAndVersionAre0) {
  EXPECT_EQ(run_command({"--help"}).exit_code, kExitOk);
  EXPECT_EQ(run_command({"cat", "--help"}).exit_code, kExitOk);
  const Ran version = run_command({"--version"});
  EXPECT_EQ(version.exit_code, kExitOk);
  EXPECT_TRUE(version.out.starts_with("crawlspool "));
}

TEST_F(CommandTest, HelpIsACommand) {
  const Ran help = run_command({"help"});
  EXPECT_EQ(help.exit_code, kExitOk);
  EXPECT_EQ(help.out, run_command({"--help"}).out);
  EXPECT_EQ(run_command({"help", "send"}).out, run_command({"send", "--help"}).out);
  EXPECT_EQ(run_command({"help", "rejected", "ls"}).out, run_command({"rejected", "ls", "--help"}).out);
  const Ran unknown = run_command({"help", "sned"});
  EXPECT_EQ(unknown.exit_code, kExitUsage);
  EXPECT_NE(unknown.err.find("Did you mean send?"), std::string::npos) << unknown.err;
}

TEST_F(CommandTest, TheVersionHasAShortOption) { EXPECT_EQ(run_command({"-V"}).out, run_command({"--version"}).out); }

TEST_F(CommandTest, ATypoIsAnsweredWithWhatWasMeant) {
  for (const auto& [arguments, meant] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"sned", "file"}, "send"},
           {{"stauts"}, "status"},
           {{"cat", "--curser", "c"}, "--cursor"},
           {{"send", "--sesion-file=x", "file"}, "--session-file"},
           {{"tail", "--confg", "x"}, "--config"},
           {{"--verison"}, "--version"},
           {{"version"}, "--version"},
           {{"rejected", "sohw"}, "show"},
           {{"rejected", "ls", "--cilent", "c"}, "--client"}}) {
    const Ran ran = run_command(arguments);
    EXPECT_EQ(ran.exit_code, kExitUsage) << meant;
    EXPECT_NE(ran.err.find("Did you mean " + meant + "?"), std::string::npos) << ran.err;
  }
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"nonsense"}, {"cat", "more"}, {"cat", "--zzzzzzzzz"}})
    EXPECT_EQ(run_command(arguments).err.find("Did you mean"), std::string::npos) << arguments.back();
}

TEST_F(CommandTest, WhatIsNoSpoolIsNamed) {
  for (const char* command : {"cat", "tail", "verify"}) {
    const Ran no_spool = on_spool({command});
    EXPECT_EQ(no_spool.exit_code, kExitFailed);
    EXPECT_NE(no_spool.err.find(spool_path), std::string::npos);
    EXPECT_EQ(run_command({command, "--spool", temp.file("none")}).exit_code, kExitFailed);
  }
}

TEST_F(CommandTest, ASpoolOfANewerFormatIsRefused) {
  make_spool(kLine);
  static_cast<void>(temp.write("spool.json", "{\"format\":2,\"id\":\"x\"}"));
  EXPECT_EQ(on_spool({"cat"}).exit_code, kExitFailed);
}

TEST_F(CommandTest, CatPrintsLinesAsTheyAre) {
  make_spool(kLine + "   \n" + kLine);
  EXPECT_EQ(on_spool({"cat"}).out, kLine + "   \n" + kLine);
  EXPECT_EQ(on_spool({"cat", "--records"}).out, "{\"a\":1}\n{\"a\":1}\n");
}

TEST_F(CommandTest, CatBeginsAtAPositionAsSegmentsAreNamed) {
  make_spool(kLine + kLine);
  EXPECT_EQ(on_spool({"cat", "--from", "00000000000000000009"}).out, kLine);
  EXPECT_EQ(on_spool({"cat", "--from", std::to_string(2 * kLine.size())}).out, "");
  const Ran beyond = on_spool({"cat", "--from", std::to_string(2 * kLine.size() + 1)});
  EXPECT_EQ(beyond.exit_code, kExitFailed);
  EXPECT_NE(beyond.err, "");
}

TEST_F(CommandTest, CatReportsDamageAndPrintsTheRest) {
  make_spool(kLine + "damage\nmore\n" + kLine + "{\"ts");
  const Ran ran = on_spool({"cat"});
  EXPECT_EQ(ran.exit_code, kExitDamaged);
  EXPECT_EQ(ran.out, kLine + kLine);
  EXPECT_EQ(ran.err, "position " + std::to_string(kLine.size()) + ": 12 bytes damaged\n");
}

TEST_F(CommandTest, TailPrintsTheLastLines) {
  make_spool(kLine + kLine + kLine + "{\"ts");
  EXPECT_EQ(on_spool({"tail", "-n", "2"}).out, kLine + kLine);
  EXPECT_EQ(on_spool({"tail", "--records"}).out, "{\"a\":1}\n{\"a\":1}\n{\"a\":1}\n");
  EXPECT_EQ(on_spool({"tail", "-n", "0"}).out, "");
}

TEST_F(CommandTest, VerifyOfASoundSpoolIs0) {
  make_spool(kLine + kLine + "{\"ts");
  const Ran ran = on_spool({"verify"});
  EXPECT_EQ(ran.exit_code, kExitOk);
  EXPECT_NE(ran.out.find("lines     2\n"), std::string::npos);
  EXPECT_NE(ran.out.find("4 bytes of an unfinished line"), std::string::npos);
}

TEST_F(CommandTest, VerifyNamesEachDamagedPosition) {
  make_spool("bad\n" + kLine + "bad\n");
  const Ran ran = on_spool({"verify"});
  EXPECT_EQ(ran.exit_code, kExitDamaged);
  EXPECT_NE(ran.out.find("position 0: 4 bytes damaged\n"), std::string::npos);
  EXPECT_NE(ran.out.find("position " + std::to_string(4 + kLine.size()) + ": 4 bytes damaged\n"), std::string::npos);
}

TEST_F(CommandTest, VerifyMissesWhatTheDaemonHasPromised) {
  make_spool(kLine + "{\"ts");
  const auto durable = [this](std::size_t position) {
    const std::string digits = std::to_string(position);
    static_cast<void>(temp.write("durable", std::string(20 - digits.size(), '0') + digits));
  };
  durable(kLine.size());
  EXPECT_EQ(on_spool({"verify"}).exit_code, kExitOk);
  durable(kLine.size() + 1);
  const Ran ran = on_spool({"verify"});
  EXPECT_EQ(ran.exit_code, kExitDamaged);
  EXPECT_NE(ran.out.find("position " + std::to_string(kLine.size()) + ": 1 byte damaged\n"), std::string::npos);
}

TEST_F(CommandTest, VerifyOfAFileThatCannotBeReadIs1) {
  make_spool(kLine);
  std::filesystem::create_symlink("/dev/null", temp.path() / "00000000000000000500.ndjson");
  const Ran ran = on_spool({"verify"});
  EXPECT_EQ(ran.exit_code, kExitFailed);
  EXPECT_NE(ran.out.find("00000000000000000500.ndjson"), std::string::npos);
}

TEST_F(CommandTest, SendNamesAFileThatIsNotThereBeforeItConnects) {
  const Ran ran = run_command({"send", "--server", "tcp://127.0.0.1:1", temp.file("none")});
  EXPECT_EQ(ran.exit_code, kExitFailed);
  EXPECT_NE(ran.err.find("none: No such file"), std::string::npos);
}

}  // namespace
}  // namespace crawlspool::cli
