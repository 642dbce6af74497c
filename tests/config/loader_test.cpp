#include "config/loader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "config/print.h"
#include "tests/config/loading.h"
#include "tests/support/temp_dir.h"

namespace crawlspool::config {
namespace {

using test::errors_of;
using test::has;

std::string defaults() { return print_config(Config{}); }

TEST(Loader, NothingMeansDefaults) {
  for (const char* yaml : {"", "\n", "# only a comment\n", "---\n", "{}", "~", "limits:\nspool:\n", "\xEF\xBB\xBF"}) {
    const auto config = load_text("f.yaml", yaml, {});
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_EQ(print_config(*config), defaults());
  }
  EXPECT_EQ(print_config(load({}, {}).value()), defaults());
}

TEST(Loader, FileIsRead) {
  const crawlspool::test::TempDir dir;
  const auto config = load(dir.write("c.yaml", "timeouts:\n  idle: 7s\n"), {});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->timeouts.idle_ms, 7000);
}

TEST(Loader, FileThatCannotBeReadIsNamed) {
  const crawlspool::test::TempDir dir;
  const std::string missing = dir.file("no-such.yaml");
  const auto config = load(missing, {});
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message(), "cannot read " + missing + ": No such file or directory");
  EXPECT_EQ(base::daemon_exit_code(config.error().code), base::kExitConfig);
  EXPECT_EQ(load(dir.path().string(), {}).error().message(), "cannot read " + dir.path().string() + ": Is a directory");
}

TEST(Loader, DefaultFileIsTheOneThatTheEnvironmentNames) {
  const auto without = default_file();
  ASSERT_EQ(::setenv(kFileVariable, "/tmp/none of this name.yaml", 1), 0);
  const auto named = default_file();
  ASSERT_EQ(::setenv(kFileVariable, "", 1), 0);
  const auto empty = default_file();
  ASSERT_EQ(::unsetenv(kFileVariable), 0);
  EXPECT_EQ(named, "/tmp/none of this name.yaml");  // whether it is there or not: a wrong name must not go unnoticed
  EXPECT_EQ(empty, without);
}

TEST(Loader, EndlessFileIsRefused) { EXPECT_EQ(load("/dev/zero", {}).error().message(), "/dev/zero: is over 1MiB"); }

TEST(Loader, UnknownKeyNamesPlaceAndNearestKey) {
  EXPECT_EQ(errors_of("# first\nlimits:\n  conections_max: 5\n"),
            "f.yaml:3: limits.conections_max: unknown key (did you mean limits.connections_max?)");
  EXPECT_EQ(errors_of("limit:\n  connections_max: 5\n"), "f.yaml:1: limit: unknown key (did you mean limits?)");
  EXPECT_EQ(errors_of("idle: 5m\n"), "f.yaml:1: idle: unknown key (did you mean timeouts.idle?)");
  EXPECT_EQ(errors_of("", {"io_thread=1"}), "--set io_thread=1: io_thread: unknown key (did you mean io_threads?)");
}

TEST(Loader, ErrorsExitWithTheConfigurationsCode) {
  EXPECT_EQ(base::daemon_exit_code(load_text("f.yaml", "a: 1", {}).error().code), base::kExitConfig);
}

TEST(Loader, KeyTwiceIsRefused) {
  EXPECT_EQ(errors_of("limits:\n  connections_max: 5\n  connections_max: 5\n"),
            "f.yaml:3: limits.connections_max: is given twice (first on line 2)");
  EXPECT_EQ(errors_of("limits: {connections_max: 5, connections_max: 6}"),
            "f.yaml:1: limits.connections_max: is given twice (first on line 1)");
  EXPECT_EQ(errors_of("limits:\n  connections_max: 5\nlog:\nlimits:\n  record_depth_max: 9\n"),
            "f.yaml:4: limits: is given twice (first on line 1)");
  EXPECT_EQ(errors_of("io_threads: 1\n\"io_threads\": 1\n"), "f.yaml:2: io_threads: is given twice (first on line 1)");
}

TEST(Loader, DottedKeyInAFileIsRefused) {
  EXPECT_TRUE(
      has(errors_of("limits.connections_max: 5\n"), "f.yaml:1: limits.connections_max: is unknown: dotted keys"));
}

TEST(Loader, WrongShapesAreRefused) {
  EXPECT_EQ(errors_of("limits: 5\n"), "f.yaml:1: limits: is a section: its keys go below it, indented");
  EXPECT_TRUE(has(errors_of("limits: [connections_max]\n"), "limits: is a section"));
  EXPECT_TRUE(has(errors_of("- limits\n"), "f.yaml:1: must hold keys and values"));
  EXPECT_TRUE(has(errors_of("limits: {[a]: 1}\n"), "f.yaml:1: limits: has a key that is no word"));
  EXPECT_TRUE(has(errors_of("io_threads: {a: 1}\n"), "f.yaml:1: io_threads: has the wrong type"));
  EXPECT_TRUE(has(errors_of("timeouts:\n  idle:\n"), "f.yaml:2: timeouts.idle: has no value"));
}

TEST(Loader, SyntaxErrorNamesItsLine) {
  EXPECT_EQ(errors_of("log:\n  level: [info\n").find("f.yaml:3: not valid YAML: "), 0U);
  EXPECT_TRUE(has(errors_of("a: 1\n\tb: 2\n"), "not valid YAML: "));
  EXPECT_TRUE(has(errors_of("a: *nowhere\n"), "f.yaml:1: not valid YAML: "));
  EXPECT_TRUE(has(errors_of(std::string(100'000, '[')), "not valid YAML: "));
  EXPECT_TRUE(has(errors_of("io_threads: 1\n---\nio_threads: 2\n"), "f.yaml:2: more than one YAML document"));
}

TEST(Loader, TextAfterTheDocumentIsRefusedAndEnds) {
  // yaml-cpp's LoadAll would take memory for ever here.
  for (const char* yaml : {",", "a: 1\n,\n", "[\"a\"], b", "- \n]"}) EXPECT_NE(errors_of(yaml), "") << yaml;
  EXPECT_TRUE(has(errors_of("", {"listen.http=[], b"}), "or text after its end"));
}

TEST(Loader, BytesThatAreNoTextAreRefused) {
  EXPECT_EQ(errors_of("a: 1\nb: \xff\n"), "f.yaml:2: is not UTF-8");
  // yaml-cpp would take byte 4 for the end of the file.
  EXPECT_EQ(errors_of("\x04io_threads: 99\n"), "f.yaml:1: has a control character");
  EXPECT_EQ(errors_of(std::string("a\0b: 1\n", 7)), "f.yaml:1: has a control character");
}

TEST(Loader, AllErrorsAreReportedByLine) {
  EXPECT_EQ(errors_of("io_threads: 0\ntimeouts:\n  idle: 5\n  dle: 5s\n  write: 0\n", {"io_thred=1"}),
            "f.yaml:1: io_threads: must be auto or 1 to 64, not '0'\n"
            "f.yaml:3: timeouts.idle: '5' has no unit: a duration is a whole number and ms, s, m, h or d, such as 30s\n"
            "f.yaml:4: timeouts.dle: unknown key (did you mean timeouts.idle?)\n"
            "f.yaml:5: timeouts.write: must not be 0: this one cannot be switched off\n"
            "--set io_thred=1: io_thred: unknown key (did you mean io_threads?)");
}

TEST(Loader, OverrideWinsOverTheFileAndTheLastOverrideOverAll) {
  const auto config = load_text("f.yaml", "io_threads: 2\n", {"io_threads=3", "io_threads=4"});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->io_threads, 4U);
}

TEST(Loader, OverrideOfASectionChangesItsNamedKeysOnly) {
  const auto config = load_text("f.yaml", "timeouts: {write: 1s}", {"timeouts={idle: 9s}"});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->timeouts.idle_ms, 9000);
  EXPECT_EQ(config->timeouts.write_ms, 1000);
}

TEST(Loader, OverrideWithoutKeyOrEqualsIsRefused) {
  EXPECT_EQ(errors_of("", {"io_threads"}), "--set io_threads: must be KEY=VALUE");
  EXPECT_EQ(errors_of("", {"=1"}), "--set =1: must be KEY=VALUE");
  EXPECT_EQ(errors_of("", {""}), "--set : must be KEY=VALUE");
  EXPECT_TRUE(has(errors_of("", {"io_threads="}), "io_threads: has no value"));
}

TEST(Loader, OverrideWithBadYamlIsRefused) {
  EXPECT_EQ(errors_of("", {"listen.stream=[\"tcp"}).find("--set listen.stream=[\"tcp: not valid YAML: "), 0U);
}

TEST(Loader, HostileTextStaysOnItsLine) {
  const std::string errors = errors_of("\"a\\nb\\e[2J\": 1\n", {"x\ny\x1b=1", "spool.sync=\"a\\nb\""});
  EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 2);
  EXPECT_EQ(errors.find('\x1b'), std::string::npos);
}

TEST(Loader, AliasesAreFollowedAndCyclesEnd) {
  const auto config = load_text("f.yaml", "timeouts: {idle: &t 7s, write: *t}", {});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->timeouts.write_ms, 7000);
  EXPECT_NE(errors_of("limits: &l {connections_max: *l}\n"), "");
  EXPECT_NE(errors_of("&top limits: *top\n"), "");
  EXPECT_NE(errors_of("listen: {stream: &s [*s]}\n"), "");
}

}  // namespace
}  // namespace crawlspool::config
