// Holds what `crawlspool doctor` has looked at, what it found there, and what to do about it.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace crawlspool::cli {

enum class Health {
  kOk,
  kNote,     // worth knowing; nothing is wrong yet
  kTrouble,  // someone has to do something
};

struct Finding {
  Health health;
  std::string check;   // a few words, always the same for the same check
  std::string detail;  // what was found, with figures
  std::string remedy;  // what to do; empty where all is well
};

using Findings = std::vector<Finding>;

inline Finding ok(std::string check, std::string detail) {
  return {Health::kOk, std::move(check), std::move(detail), {}};
}
inline Finding note(std::string check, std::string detail, std::string remedy) {
  return {Health::kNote, std::move(check), std::move(detail), std::move(remedy)};
}
inline Finding trouble(std::string check, std::string detail, std::string remedy) {
  return {Health::kTrouble, std::move(check), std::move(detail), std::move(remedy)};
}

// Returns a line a finding, the remedy indented below it, and a last line that counts.
[[nodiscard]] std::string doctor_text(const Findings& findings);
// Returns {"troubles":N,"notes":N,"findings":[{"health":"ok|note|trouble","check":…,"detail":…,"remedy":…}]} and a line
// break.
[[nodiscard]] std::string doctor_json(const Findings& findings);

[[nodiscard]] std::size_t count_of(const Findings& findings, Health health);

}  // namespace crawlspool::cli
