#include "cli/bench/settings.h"

#include <gtest/gtest.h>

#include "tests/cli/bench/listening.h"

namespace crawlspool::cli {
namespace {

using bench::AckLevel;
using bench::Mode;

std::string url(const std::string& scheme, const bench::Listening& server) {
  return scheme + "://" + server.at().to_string();
}

// A daemon that is named is not looked at before it is started.
BenchOptions with_daemon() {
  BenchOptions options;
  options.daemon.emplace("/nonexistent");
  return options;
}

TEST(BenchSettings, ByDefaultEveryModeAtBothLevels) {
  const auto settings = bench_settings(with_daemon());
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->modes, (std::vector{Mode::kHttpClose, Mode::kHttpKeepAlive, Mode::kHttpNdjson, Mode::kOneAtATime,
                                          Mode::kPipelined, Mode::kBatches, Mode::kZstdBatches}));
  EXPECT_EQ(settings->levels, (std::vector{AckLevel::kSynced, AckLevel::kWritten}));
  EXPECT_EQ(settings->records.texts.size(), 10'000U);
  EXPECT_EQ(settings->goal.duration_min_us, 1'000'000);
  EXPECT_FALSE(settings->given);
}

TEST(BenchSettings, WhatIsChosenIsInTheTablesOrder) {
  BenchOptions options = with_daemon();
  options.modes = "pipelined,http-close";
  options.levels = "written,synced";
  options.with = "redis";
  const auto settings = bench_settings(options);
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->modes,
            (std::vector{Mode::kHttpClose, Mode::kPipelined, Mode::kRedisOneAtATime, Mode::kRedisPipelined}));
  EXPECT_EQ(settings->levels, (std::vector{AckLevel::kSynced, AckLevel::kWritten}));
}

TEST(BenchSettings, OfADaemonThatRunsOnlyTheListenersThatAreNamedAreUsed) {
  const bench::Listening listener;
  BenchOptions stream;
  stream.server = url("tcp", listener);
  const auto stream_only = bench_settings(stream);
  ASSERT_TRUE(stream_only);
  EXPECT_EQ(stream_only->modes, (std::vector{Mode::kOneAtATime, Mode::kPipelined, Mode::kBatches, Mode::kZstdBatches}));
  EXPECT_EQ(stream_only->given->stream->to_string(), listener.at().to_string());
  EXPECT_FALSE(stream_only->given->http);

  BenchOptions http;
  http.http = url("http", listener);
  const auto http_only = bench_settings(http);
  ASSERT_TRUE(http_only);
  EXPECT_EQ(http_only->modes, (std::vector{Mode::kHttpClose, Mode::kHttpKeepAlive, Mode::kHttpNdjson}));
}

TEST(BenchSettings, ADaemonThatDoesNotListenIsNamed) {
  const std::string nobody = "tcp://127.0.0.1:1";
  BenchOptions options;
  options.server = nobody;
  const auto settings = bench_settings(options);
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().message(), "cannot connect to 127.0.0.1:1: Connection refused");
}

TEST(BenchSettings, TheNamesOfModesAndLevelsAreChecked) {
  EXPECT_EQ(check_modes("pipelined,batches"), "");
  EXPECT_TRUE(check_modes("pipelined,\x1b[31m").starts_with("no such mode: '\\u001b[31m'; there are http-close, "));
  EXPECT_NE(check_modes("redis-pipelined"), "");
  EXPECT_EQ(check_levels("synced,written"), "");
  EXPECT_EQ(check_levels("durable"), "no such ack level: 'durable'; there are synced, written");
}

}  // namespace
}  // namespace crawlspool::cli
