// What each key takes and refuses.
#include <gtest/gtest.h>

#include "config/print.h"
#include "tests/config/loading.h"

namespace crawlspool::config {
namespace {

using test::errors_of;
using test::has;
using test::with;

bool refuses(const std::string& override_text) { return !errors_of("", {override_text}).empty(); }

TEST(Values, CountsStayInTheirRange) {
  EXPECT_EQ(with("limits.connections_max=0").limits.connections_max, 0U);
  EXPECT_EQ(with("limits.connections_per_ip_max=7").limits.connections_per_ip_max, 7U);
  EXPECT_EQ(with("limits.record_depth_max=1000").limits.record_depth_max, 1000U);
  EXPECT_EQ(with("limits.batch_records_max=1000000").limits.batch_records_max, 1'000'000U);
  for (const char* bad : {"limits.record_depth_max=0", "limits.record_depth_max=1001", "limits.batch_records_max=0",
                          "limits.batch_records_max=1000001", "limits.connections_max=-1", "limits.connections_max=1e3",
                          "limits.connections_max=1.0", "limits.connections_max=010", "limits.connections_max=0x10",
                          "limits.connections_max=10k", "limits.connections_max=[1]", "limits.connections_max=true",
                          "limits.connections_max=99999999999999999999"})
    EXPECT_TRUE(refuses(bad)) << bad;
}

TEST(Values, OutOfRangeNamesTheRange) {
  EXPECT_EQ(errors_of("limits:\n  record_depth_max: 1001\n"),
            "f.yaml:2: limits.record_depth_max: '1001' is out of range: 1 to 1000");
}

TEST(Values, FramesAreAtMostWhatAHeaderCanSay) {
  EXPECT_EQ(with("limits={record_bytes_max: 268435455B, memory_bytes_max: 1GiB}").limits.record_bytes_max,
            kFrameBytesMax);
  EXPECT_TRUE(has(errors_of("", {"limits.record_bytes_max=256MiB"}), "out of range: 1B to 268435455B"));
  EXPECT_TRUE(has(errors_of("", {"limits.batch_bytes_max=256MiB"}), "out of range: 1B to 268435455B"));
  EXPECT_TRUE(refuses("limits.record_bytes_max=0"));
  EXPECT_TRUE(refuses("limits.batch_bytes_max=0"));
}

TEST(Values, MemoryUnderTwiceAFrameIsAContradiction) {
  EXPECT_EQ(errors_of("limits: {memory_bytes_max: 63MiB}"),
            "f.yaml:1: limits.memory_bytes_max: 63MiB is under twice limits.batch_bytes_max (32MiB)");
  EXPECT_EQ(errors_of("limits: {memory_bytes_max: 64MiB}"), "");
  EXPECT_TRUE(has(errors_of("", {"limits={batch_bytes_max: 1MiB, memory_bytes_max: 31MiB}"}),
                  "under twice limits.record_bytes_max (16MiB)"));
  EXPECT_TRUE(refuses("limits.memory_bytes_max=0"));
}

TEST(Values, ContradictionIsPlacedWhereItWasSet) {
  EXPECT_EQ(errors_of("\nlimits:\n  batch_bytes_max: 128MiB\n", {"limits.memory_bytes_max=128MiB"}),
            "--set limits.memory_bytes_max=128MiB: limits.memory_bytes_max: 128MiB is under twice "
            "limits.batch_bytes_max (128MiB)");
  EXPECT_EQ(errors_of("", {"limits.batch_bytes_max=255MiB", "limits.memory_bytes_max=510MiB"}), "");
}

TEST(Values, IdleMayBeOffAndOtherTimeoutsNot) {
  EXPECT_EQ(with("timeouts.idle=0").timeouts.idle_ms, 0);
  EXPECT_EQ(with("timeouts.frame=1ms").timeouts.frame_ms, 1);
  EXPECT_EQ(with("timeouts.write=2m").timeouts.write_ms, 120'000);
  EXPECT_EQ(with("timeouts.drain=3h").timeouts.drain_ms, 10'800'000);
  for (const char* bad : {"timeouts.frame=0", "timeouts.write=0s", "timeouts.drain=0"})
    EXPECT_TRUE(has(errors_of("", {bad}), "must not be 0")) << bad;
  EXPECT_TRUE(refuses("timeouts.idle=3651d"));
  EXPECT_TRUE(refuses("timeouts.idle=5"));
}

TEST(Values, SyncIsAlwaysNeverOrADuration) {
  EXPECT_EQ(with("spool.sync=always").spool.sync, SyncPolicy::kAlways);
  EXPECT_EQ(with("spool.sync=never").spool.sync, SyncPolicy::kNever);
  EXPECT_EQ(with("spool.sync=250ms").spool.sync, SyncPolicy::kInterval);
  EXPECT_EQ(with("spool.sync=250ms").spool.sync_interval_ms, 250);
  for (const char* bad : {"spool.sync=0", "spool.sync=0s", "spool.sync=often", "spool.sync=1", "spool.sync=Always"})
    EXPECT_TRUE(refuses(bad)) << bad;
}

TEST(Values, SpoolMarksMayBeOff) {
  EXPECT_EQ(with("spool.keep_free_bytes=0").spool.keep_free_bytes, 0U);
  EXPECT_EQ(with("spool.rejected_bytes_max=0").spool.rejected_bytes_max, 0U);
  EXPECT_EQ(with("spool.keep_free_bytes=3TiB").spool.keep_free_bytes, 3 * kTiB);
}

TEST(Values, ListenTakesAddressesOnly) {
  EXPECT_EQ(with("listen.stream=[\"tcp://[::1]:0\"]").listen[proto::input("stream")],
            std::vector<std::string>{"tcp://[::1]:0"});
  EXPECT_TRUE(has(errors_of("", {"listen.stream=[\"tcp://localhost:1\"]"}), "needs an IPv4 address"));
  EXPECT_TRUE(has(errors_of("", {"listen.stream=tcp://127.0.0.1:1"}), "must be a list"));
  EXPECT_TRUE(refuses("listen.http=[8941]"));
  EXPECT_TRUE(refuses("listen.http=[\"tcp://127.0.0.1:65536\"]"));
  EXPECT_TRUE(refuses("listen.http=[~]"));
}

TEST(Values, ListenersMayBeOffButNotStreamAndHttpBoth) {
  EXPECT_TRUE(with("listen.admin=[]").listen[proto::input("admin")].empty());
  EXPECT_TRUE(with("listen.http=[]").listen[proto::input("http")].empty());
  EXPECT_TRUE(with("listen.stream=[]").listen[proto::input("stream")].empty());
  EXPECT_EQ(errors_of("listen:\n  http: []\n  stream: []\n"),
            "f.yaml:3: listen.stream: is empty, and so is listen.http: nothing could take records");
}

TEST(Values, OneAddressTwiceIsAContradiction) {
  EXPECT_TRUE(has(errors_of("", {"listen.admin=[\"tcp://127.0.0.1:8940\"]"}), "is already in listen.stream"));
  EXPECT_TRUE(has(errors_of("", {"listen.http=[\"tcp://[::1]:7\", \"tcp://[0::1]:7\"]"}), "is already in listen.http"));
  EXPECT_EQ(errors_of("", {"listen.http=[\"tcp://[::1]:0\", \"tcp://[::1]:0\"]"}), "");
}

TEST(Values, OriginsAreAsBrowsersWriteThem) {
  const auto taken = [](const char* origin) {
    return with("http.origins=[\"" + std::string(origin) + "\"]").http.origins.size() == 1;
  };
  EXPECT_EQ(with("http.origins=[\"HTTPS://Tool.example\"]").http.origins,
            std::vector<std::string>{"https://tool.example"});
  for (const char* good : {"http://127.0.0.1:3000", "http://[::1]", "https://a:80", "moz-extension://0a-1b"})
    EXPECT_TRUE(taken(good)) << good;
  for (const char* bad :
       {"tool.example", "https://", "https://tool.example/", "https://a/b", "https://u@a", "null", "*",
        "https://*.example", "://a", "https://a b", "https://a:", "https://a:b", "", "/https://a"}) {
    EXPECT_FALSE(taken(bad)) << bad;
    EXPECT_TRUE(has(errors_of("", {"http.origins=[\"" + std::string(bad) + "\"]"}), "is not an origin")) << bad;
  }
  EXPECT_TRUE(has(errors_of("", {"http.origins=[\"https://a:443\"]"}), "write it without"));
  EXPECT_TRUE(has(errors_of("", {"http.origins=https://a"}), "must be a list of origins"));
}

TEST(Values, AdminHostsAreNames) {
  EXPECT_EQ(with("admin.hosts=[Crawl-7.Example, \"b:8942\"]").admin.hosts,
            (std::vector<std::string>{"crawl-7.example", "b:8942"}));
  for (const char* bad : {"*", "*.example", "a/b", "http://a", "u@a", "a b", "a:", "a:b", ""}) {
    const std::string setting = "admin.hosts=[\"" + std::string(bad) + "\"]";
    EXPECT_TRUE(has(errors_of("", {setting}), "is not a name")) << bad;
  }
  EXPECT_TRUE(has(errors_of("", {"admin.hosts=a"}), "must be a list of names"));
}

TEST(Values, LogTakesItsWords) {
  EXPECT_EQ(with("log.level=error").log.level, base::LogLevel::kError);
  EXPECT_EQ(with("log.format=json").log.format, base::LogFormat::kJson);
  EXPECT_EQ(with("log.destination=/var/log/c.log").log.destination, "/var/log/c.log");
  EXPECT_EQ(errors_of("log: {level: trace}"), "f.yaml:1: log.level: must be one of debug, info, warn, error");
  EXPECT_EQ(errors_of("log: {format: xml}"), "f.yaml:1: log.format: must be one of logfmt, json");
  EXPECT_TRUE(has(errors_of("log: {destination: jornald}"), "must be auto, stderr, journald or a file's path"));
}

TEST(Values, IoThreadsAreAutoOrOneToSixtyFour) {
  EXPECT_EQ(with("io_threads=auto").io_threads, 0U);
  EXPECT_EQ(with("io_threads=64").io_threads, 64U);
  for (const char* bad : {"io_threads=0", "io_threads=65", "io_threads=-1", "io_threads=many"})
    EXPECT_EQ(errors_of("", {bad}).find("--set " + std::string(bad) + ": io_threads: must be auto or 1 to 64"), 0U);
}

TEST(Values, DirectoryIsAPathWithoutControls) {
  EXPECT_EQ(with("spool.directory=./run/spool").spool.directory, "./run/spool");
  EXPECT_EQ(with("spool.directory=\"/srv/a b: c\"").spool.directory, "/srv/a b: c");
  EXPECT_TRUE(refuses("spool.directory=\"\""));
  EXPECT_TRUE(refuses("spool.directory=\"/srv/a\\0b\""));
  EXPECT_TRUE(refuses("spool.directory=[/srv]"));
}

TEST(Values, SegmentsAndRetentionTakeSizesAndDurations) {
  EXPECT_EQ(with("spool.segment_bytes_max=64KiB").spool.segment_bytes_max, 64 * kKiB);
  EXPECT_EQ(with("spool.segment_bytes_max=0").spool.segment_bytes_max, 0U);
  EXPECT_EQ(with("spool.segment_age_max=5m").spool.segment_age_ms_max, 300'000);
  EXPECT_EQ(with("spool.compression=none").spool.compression, Compression::kNone);
  EXPECT_EQ(with("spool.retention_bytes_max=1TiB").spool.retention_bytes_max, kTiB);
  EXPECT_EQ(with("spool.retention_age_max=7d").spool.retention_age_ms_max, 7LL * 24 * 3600 * 1000);
  EXPECT_TRUE(with("spool.retention_ignores_cursors=true").spool.retention_ignores_cursors);
  for (const char* bad : {"spool.segment_bytes_max=1", "spool.segment_age_max=60", "spool.compression=gzip",
                          "spool.retention_bytes_max=-1B", "spool.retention_ignores_cursors=yes"})
    EXPECT_TRUE(refuses(bad)) << bad;
}

TEST(Values, SessionsAndClientsAreLimited) {
  EXPECT_EQ(with("limits.connections_per_client_max=3").limits.connections_per_client_max, 3U);
  EXPECT_EQ(with("spool.sessions_max=7").spool.sessions_max, 7U);
  EXPECT_EQ(with("spool.session_age_max=2d").spool.session_age_ms_max, 2LL * 24 * 3600 * 1000);
  EXPECT_EQ(with("spool.session_age_max=0").spool.session_age_ms_max, 0);
  for (const char* bad :
       {"limits.connections_per_client_max=-1", "spool.sessions_max=1KiB", "spool.session_age_max=30"})
    EXPECT_TRUE(refuses(bad)) << bad;
}

}  // namespace
}  // namespace crawlspool::config
