// The configuration in force, as `--print-config` shows it.
#pragma once

#include <string>

#include "config/model.h"

namespace crawlspool::config {

// Every key with its value as YAML, in the order of config/crawlspoold.yaml. Loaded again it gives `config`.
[[nodiscard]] std::string print_config(const Config& config);

}  // namespace crawlspool::config
