// A survey as the admin port tells it. Source: systemd/OPERATIONS.md, "The admin port".
#pragma once

#include <string>

#include "daemon/ingest/loop_survey.h"

namespace crawlspool::server {

[[nodiscard]] std::string connections_json(const ingest::LoopSurvey& survey);
[[nodiscard]] std::string rejects_json(const ingest::LoopSurvey& survey);

}  // namespace crawlspool::server
