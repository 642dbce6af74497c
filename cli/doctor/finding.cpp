#include "cli/doctor/finding.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/common/console.h"
#include "cli/common/human.h"

namespace crawlspool::cli {
namespace {

using nlohmann::ordered_json;

const char* word(Health health) {
  switch (health) {
    case Health::kOk:
      return "ok";
    case Health::kNote:
      return "note";
    case Health::kTrouble:
      break;
  }
  return "trouble";
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

}  // namespace

std::size_t count_of(const Findings& findings, Health health) {
  return static_cast<std::size_t>(std::count_if(findings.begin(), findings.end(),
                                                [health](const Finding& finding) { return finding.health == health; }));
}

std::string doctor_text(const Findings& findings) {
  constexpr std::size_t kHealthWidth = sizeof "trouble" + 1;
  std::size_t width = 0;
  for (const Finding& finding : findings) width = std::max(width, finding.check.size() + 2);
  std::string text;
  for (const Finding& finding : findings) {
    text += padded(word(finding.health), kHealthWidth) + padded(finding.check, width) + shown(finding.detail) + "\n";
    if (!finding.remedy.empty()) text += std::string(kHealthWidth + width, ' ') + "-> " + shown(finding.remedy) + "\n";
  }
  const std::size_t troubles = count_of(findings, Health::kTrouble);
  const std::size_t notes = count_of(findings, Health::kNote);
  text += "\n" + (troubles == 0 ? std::string("no trouble") : counted(troubles, "trouble"));
  return text + ", " + counted(notes, "note") + "\n";
}

std::string doctor_json(const Findings& findings) {
  ordered_json list = ordered_json::array();
  for (const Finding& finding : findings) {
    ordered_json one{{"health", word(finding.health)}, {"check", finding.check}, {"detail", finding.detail}};
    if (!finding.remedy.empty()) one["remedy"] = finding.remedy;
    list.push_back(std::move(one));
  }
  const ordered_json report{{"troubles", count_of(findings, Health::kTrouble)},
                            {"notes", count_of(findings, Health::kNote)},
                            {"findings", std::move(list)}};
  return report.dump(-1, ' ', true, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace crawlspool::cli
