// What a reader of a spool is handed out, and told, as words.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "daemon/spool/read/segment_reader.h"

namespace crawlspool::test {

class Losses final : public spool::LossReporter {
 public:
  void missing(spool::Position position, std::uint64_t bytes) override { note("missing", position, bytes); }
  void removed(spool::Position position, std::uint64_t bytes) override { note("removed", position, bytes); }
  void doubled(spool::Position position, std::uint64_t bytes) override { note("doubled", position, bytes); }
  void taken_back(spool::Position position, std::uint64_t bytes) override { note("taken back", position, bytes); }
  void skipped(const std::string& file, const base::Error&) override { all.push_back("skipped " + file); }

  std::vector<std::string> all;

 private:
  void note(const char* what, spool::Position position, std::uint64_t bytes) {
    all.push_back(std::string(what) + " " + std::to_string(position) + "+" + std::to_string(bytes));
  }
};

[[nodiscard]] inline std::string describe(const spool::ReadLine& line) {
  switch (line.kind) {
    case spool::LineKind::kSound:
      return " sound " + std::string(line.record);
    case spool::LineKind::kBlank:
      return " blank";
    case spool::LineKind::kDamaged:
      return " damaged +" + std::to_string(line.bytes.size());
    case spool::LineKind::kUnfinished:
      return " unfinished +" + std::to_string(line.bytes.size());
  }
  return "?";
}

// "sound RECORD", "blank", "damaged +BYTES" or "unfinished +BYTES", each behind its position; up to the end for now.
[[nodiscard]] inline std::vector<std::string> read_lines(spool::SegmentReader& reader) {
  std::vector<std::string> seen;
  while (true) {
    const auto line = reader.next();
    EXPECT_TRUE(line.has_value());
    if (!line || !*line) return seen;
    seen.push_back(std::to_string((*line)->position) + describe(**line));
    if ((*line)->kind == spool::LineKind::kUnfinished) return seen;
  }
}

}  // namespace crawlspool::test
