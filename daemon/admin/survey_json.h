// Writes a survey as the admin port shows it. Source: systemd/OPERATIONS.md, "The admin port".
#pragma once

#include <string>

#include "daemon/connection/loop_survey.h"

namespace crawlspool::admin {

[[nodiscard]] std::string connections_json(const connection::LoopSurvey& survey);
[[nodiscard]] std::string rejects_json(const connection::LoopSurvey& survey);

}  // namespace crawlspool::admin
