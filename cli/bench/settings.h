// Makes settings of the options of `crawlspool bench`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/bench/campaign.h"
#include "cli/common/tls_options.h"
#include "daemon/base/error.h"

namespace crawlspool::cli {

struct BenchOptions {
  std::optional<std::string> file;
  std::uint64_t records = 10'000;
  std::string time = "1s";
  std::string time_max = "8s";
  unsigned rounds = 1;
  std::size_t connections = 1;
  std::uint64_t window_records = 8192;
  std::uint64_t batch_records = 100;
  std::string modes;   // names with commas between; empty for all
  std::string levels;  // the same; empty for both
  std::string with;    // a peer; empty for none

  std::optional<std::string> server;
  std::optional<std::string> http;
  std::optional<std::string> admin;
  TlsFiles tls;  // for those of them that speak it
  std::optional<std::string> daemon;
  std::string directory = "/var/tmp";

  bool json = false;
  std::optional<std::string> html_file;
};

// Reads FILE, and finds out whether a daemon that is named is there.
[[nodiscard]] base::Result<bench::Settings> bench_settings(const BenchOptions& options);

// These return "" or what is wrong with the text, which is what CLI11 asks of a check.
[[nodiscard]] std::string check_modes(const std::string& text);
[[nodiscard]] std::string check_levels(const std::string& text);
[[nodiscard]] std::string check_time(const std::string& text);

}  // namespace crawlspool::cli
