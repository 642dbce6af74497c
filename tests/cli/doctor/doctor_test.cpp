// The doctor's judgements by their values, and its reports. The whole command is in tests/e2e.
#include <gtest/gtest.h>

#include "cli/doctor/checks.h"
#include "cli/doctor/finding.h"
#include "daemon/base/version.h"

namespace crawlspool::cli {
namespace {

using config::kGiB;
using config::kMiB;

config::Spool keeping(std::uint64_t keep_free_bytes, std::uint64_t segment_bytes_max) {
  config::Spool spool;
  spool.keep_free_bytes = keep_free_bytes;
  spool.segment_bytes_max = segment_bytes_max;
  return spool;
}

TEST(Doctor, FreeSpaceIsTroubleWhereTheDaemonWaitsForMore) {
  const auto spool = keeping(kGiB, 256 * kMiB);
  EXPECT_EQ(judge_free_space(0, spool).health, Health::kTrouble);
  EXPECT_EQ(judge_free_space(kGiB, spool).health, Health::kTrouble);
  EXPECT_EQ(judge_free_space(kGiB + 512 * kMiB - 1, spool).health, Health::kNote);
  EXPECT_EQ(judge_free_space(kGiB + 512 * kMiB, spool).health, Health::kOk);
  EXPECT_EQ(judge_free_space(0, keeping(0, 0)).health, Health::kTrouble);
}

TEST(Doctor, ACertificateIsWarnedOfForFourteenDaysBeforeItEnds) {
  constexpr std::int64_t kDayS = 86'400;
  constexpr std::int64_t kEndS = 1'800'000'000;  // 2027-01-15T08:00:00Z
  const auto judge = [](std::int64_t before_s) { return judge_certificate("[::1]:8940", kEndS, kEndS - before_s); };
  EXPECT_EQ(judge(14 * kDayS + 1).health, Health::kOk);
  EXPECT_EQ(judge(14 * kDayS + 1).detail, "ends on 2027-01-15");
  const Finding soon = judge(14 * kDayS);
  EXPECT_EQ(soon.health, Health::kNote);
  EXPECT_EQ(soon.check, "certificate of [::1]:8940");
  EXPECT_EQ(soon.detail, "ends on 2027-01-15, in 14 days");
  EXPECT_EQ(judge(kDayS).detail, "ends on 2027-01-15, in 1 day");
  EXPECT_EQ(judge(1).health, Health::kNote);
  EXPECT_EQ(judge(0).health, Health::kTrouble);
  EXPECT_EQ(judge(0).detail, "ended on 2027-01-15: clients refuse it");
}

TEST(Doctor, TheCertificatesThatADaemonServesAreReadFromItsMetrics) {
  const std::string metrics =
      "# TYPE crawlspool_tls_certificate_not_after_seconds gauge\n"
      "crawlspool_tls_certificate_not_after_seconds{address=\"10.0.0.1:8940\"} 1800000000\n"
      "crawlspool_tls_certificate_not_after_seconds{address=\"[::1]:8941\"} 1700000000\nother 1\n";
  const Findings findings = judge_served_certificates(metrics, 1'750'000'000);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].check, "certificate of 10.0.0.1:8940");
  EXPECT_EQ(findings[0].health, Health::kOk);
  EXPECT_EQ(findings[1].health, Health::kTrouble);
  EXPECT_TRUE(judge_served_certificates("", 0).empty());
  EXPECT_TRUE(judge_served_certificates(metrics.substr(0, metrics.find("\"} ")), 0).empty());
}

TEST(Doctor, FileSystemsThatLoseWhatIsAckedAreTrouble) {
  const auto health = [](const char* type) { return judge_file_system({"/m", type, "rw"}).health; };
  for (const char* type : {"ext4", "xfs"}) EXPECT_EQ(health(type), Health::kOk) << type;
  for (const char* type : {"tmpfs", "overlay", "vfat", "nfs4", "fuse.sshfs"})
    EXPECT_EQ(health(type), Health::kTrouble) << type;
  EXPECT_EQ(health("btrfs"), Health::kNote);
}

TEST(Doctor, MountOptionsThatStopWritesOrUndoSyncsAreTrouble) {
  const auto health = [](const char* options) { return judge_mount_options({"/m", "ext4", options}).health; };
  EXPECT_EQ(health("rw,noatime,errors=remount-ro"), Health::kOk);
  for (const char* options : {"ro,noatime", "rw,rw,nobarrier", "rw,rw,barrier=0,x"})
    EXPECT_EQ(health(options), Health::kTrouble) << options;
}

TEST(Doctor, OpenFilesHaveToBeEnoughForTheConnections) {
  const std::string limits =
      "Limit                     Soft Limit           Hard Limit           Units     \n"
      "Max cpu time              unlimited            unlimited            seconds   \n"
      "Max open files            1064                 4096                 files     \n";
  EXPECT_EQ(judge_open_files(limits, 1000).health, Health::kOk);
  const Finding low = judge_open_files(limits, 1001);
  EXPECT_EQ(low.health, Health::kTrouble);
  EXPECT_NE(low.remedy.find("LimitNOFILE="), std::string::npos);
  EXPECT_EQ(judge_open_files(limits, 0).health, Health::kNote);
  EXPECT_EQ(judge_open_files("", 10).health, Health::kNote);
}

TEST(Doctor, MemoryLimitHasToFitTheMachine) {
  config::Limits limits;
  limits.memory_bytes_max = 512 * kMiB;
  EXPECT_EQ(judge_memory(2 * kGiB, kGiB, limits).health, Health::kOk);
  EXPECT_EQ(judge_memory(2 * kGiB, 256 * kMiB, limits).health, Health::kNote);
  EXPECT_EQ(judge_memory(256 * kMiB, 256 * kMiB, limits).health, Health::kTrouble);
}

TEST(Doctor, AShortQueueOfConnectionsIsNoted) {
  EXPECT_EQ(judge_somaxconn(128).health, Health::kNote);
  EXPECT_EQ(judge_somaxconn(4096).health, Health::kOk);
}

Findings status_findings(const std::string& members) {
  return judge_status(R"({"version":")" + std::string(kVersion) + R"(","pid":1,"uptime_s":5)" + members + "}");
}

TEST(Doctor, TheDaemonsStateIsJudged) {
  EXPECT_EQ(status_findings(R"(,"state":"ok")").front().health, Health::kOk);
  EXPECT_EQ(status_findings(R"(,"state":"ok")").size(), 1U);
  for (const char* state : {"slow", "disk_full", "no_descriptors", "failed", "unheard of"})
    EXPECT_EQ(status_findings(std::string(R"(,"state":")") + state + "\"").front().health, Health::kTrouble) << state;
  EXPECT_EQ(status_findings(R"(,"state":"draining")").front().health, Health::kNote);
}

TEST(Doctor, CountersThatShouldBeZeroAreNoted) {
  for (const char* members : {R"("ack_p99_ms":1500.5)", R"("log_lines_dropped":1)", R"("connections_refused":2)",
                              R"("version":"0.0.0")", R"("spool":{"compression_failed":3})"}) {
    const Findings findings = status_findings(std::string(R"(,"state":"ok",)") + members);
    ASSERT_EQ(findings.size(), 2U) << members;
    EXPECT_EQ(findings[1].health, Health::kNote) << members;
    EXPECT_FALSE(findings[1].remedy.empty()) << members;
  }
}

TEST(Doctor, AStrangersAnswerIsTroubleAndNoCrash) {
  for (const char* body : {"", "[]", "{}", "<html>", R"({"state":5})"})
    EXPECT_EQ(judge_status(body).front().health, Health::kTrouble) << body;
  for (const char* body : {R"({"state":"ok","version":5})", R"({"state":"ok","pid":-1,"spool":[],"ack_p99_ms":"x"})"})
    EXPECT_FALSE(judge_status(body).empty()) << body;
}

const Findings kMixed{ok("a", "fine"), note("bb", "hm", "look"), trouble("c", "bad \x1b[31m", "fix")};

TEST(Doctor, TextHasTheRemedyBelowAndCounts) {
  EXPECT_EQ(doctor_text(kMixed),
            "ok       a   fine\n"
            "note     bb  hm\n"
            "             -> look\n"
            "trouble  c   bad \\u001b[31m\n"
            "             -> fix\n"
            "\n"
            "1 trouble, 1 note\n");
  EXPECT_TRUE(doctor_text({ok("a", "fine")}).ends_with("\nno trouble, 0 notes\n"));
}

TEST(Doctor, JsonHasTheSame) {
  EXPECT_EQ(doctor_json(kMixed), R"({"troubles":1,"notes":1,"findings":[{"health":"ok","check":"a","detail":"fine"},)"
                                 R"({"health":"note","check":"bb","detail":"hm","remedy":"look"},)"
                                 R"({"health":"trouble","check":"c","detail":"bad \u001b[31m","remedy":"fix"}]})"
                                 "\n");
}

TEST(Doctor, TheDaemonsSettingsCountWholeOrNotAtAll) {
  const std::string limits = R"("memory_bytes_max":8,"limits":{"connections_max":7},)";
  const std::string listen = R"("listen":{"stream":["tcp://a:1"],"http":[],"admin":["tcp://a:3"]})";
  const std::string spool = R"("spool":{"directory":"/s","keep_free_bytes":5,"segment_bytes_max":6},)";
  config::Config config;
  for (const std::string& body : {std::string("no JSON"), std::string("{}"), "{" + spool + limits + R"("listen":3})",
                                  "{" + limits + listen + "}"}) {
    EXPECT_FALSE(take_settings(body, config)) << body;
    EXPECT_EQ(config.spool.directory, config::Config{}.spool.directory);
  }
  ASSERT_TRUE(take_settings("{" + spool + limits + listen + "}", config));
  EXPECT_EQ(config.spool.directory, "/s");
  EXPECT_EQ(config.spool.keep_free_bytes, 5U);
  EXPECT_EQ(config.limits.connections_max, 7U);
  EXPECT_EQ(config.limits.memory_bytes_max, 8U);
  EXPECT_EQ(config.listen[proto::input("stream")], std::vector<std::string>{"tcp://a:1"});
  EXPECT_TRUE(config.listen[proto::input("http")].empty());
}

}  // namespace
}  // namespace crawlspool::cli
