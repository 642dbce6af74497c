// A spool of a test's own, and the command run on it in this process.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/common/subcommands.h"
#include "daemon/spool/lines/line.h"
#include "daemon/spool/storage/layout.h"
#include "tests/support/temp_dir.h"

namespace crawlspool::cli {

struct Ran {
  int exit_code;
  std::string out;
  std::string err;
};

// The output is what it wrote to the descriptors.
inline Ran run_command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "crawlspool");
  std::vector<const char*> pointers;
  pointers.reserve(arguments.size());
  for (const std::string& argument : arguments) pointers.push_back(argument.c_str());
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const int exit_code = run(static_cast<int>(pointers.size()), pointers.data());
  return {exit_code, ::testing::internal::GetCapturedStdout(), ::testing::internal::GetCapturedStderr()};
}

// The crc is Python's zlib.crc32 of what is before `,"crc32":`.
inline const std::string kLine =
    R"({"ts":"2026-11-20T04:05:06.123456Z","seq":42,"via":"stream","peer":"10.0.0.7:51234","record":{"a":1},"crc32":"d33f8ae5"})"
    "\n";

struct LineMembers {
  std::string ts = "2026-11-20T04:05:06.123456Z";
  std::string client = {};
  std::string session = {};
  unsigned seq = 0;
  std::string stream = {};
  std::string record = "{}";
};

inline std::string make_line(const LineMembers& members) {
  const auto member = [](const char* key, const std::string& value) {
    return value.empty() ? std::string() : std::string(",\"") + key + "\":\"" + value + "\"";
  };
  std::string line = R"({"ts":")" + members.ts + "\"" + member("client", members.client);
  line += member("session", members.session);
  if (members.seq != 0) line += ",\"seq\":" + std::to_string(members.seq);
  line += member("stream", members.stream) + R"(,"via":"http","peer":"127.0.0.1:1","record":)" + members.record;
  spool::append_crc_trailer(line, 0);
  return line;
}

// A line that only its record tells apart.
inline std::string numbered_line(int number) { return make_line({.record = std::to_string(number)}); }

class CommandTest : public ::testing::Test {
 protected:
  static constexpr const char* kSpoolId = "0123456789abcdef0123456789abcdef";

  void make_spool(const std::string& content) {
    static_cast<void>(temp.write("spool.json", std::string(R"({"format":1,"id":")") + kSpoolId + "\"}\n"));
    static_cast<void>(temp.write("00000000000000000000.ndjson.open", content));
  }
  void set_durable(spool::Position position) {
    static_cast<void>(temp.write("durable", spool::position_digits(position)));
  }
  Ran on_spool(std::vector<std::string> arguments) {
    arguments.emplace_back("--spool");
    arguments.push_back(spool_path);
    return run_command(std::move(arguments));
  }

  test::TempDir temp{test::memory_directory()};
  const std::string spool_path = temp.path().string();
};

}  // namespace crawlspool::cli
