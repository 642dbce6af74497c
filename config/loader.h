// From a file and `--set` overrides to a checked configuration.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/model.h"
#include "daemon/base/error.h"

namespace crawlspool::config {

inline constexpr const char* kDefaultFile = "/etc/crawlspool/crawlspoold.yaml";

// Names the file that is read where no -c is given: the environment's CRAWLSPOOL_CONFIG, there or not; without that
// kDefaultFile if it is there, readable or not.
inline constexpr const char* kFileVariable = "CRAWLSPOOL_CONFIG";
[[nodiscard]] std::optional<std::string> default_file();

// The defaults, then what `file` says (none: nothing), then each of `overrides` ("limits.connections_max=5", the
// value read as YAML), of which the last for a key wins. Reads the file and nothing else.
// Every error is kConfig. Its context has one line for each mistake found, without a final line break:
// `FILE:LINE: KEY: what is wrong`, or `--set KEY=VALUE: KEY: what is wrong`.
[[nodiscard]] base::Result<Config> load(const std::optional<std::string>& file,
                                        const std::vector<std::string>& overrides);

// The same for a file's text that is in memory already; messages call it `name`.
[[nodiscard]] base::Result<Config> load_text(const std::string& name, std::string_view yaml,
                                             const std::vector<std::string>& overrides);

}  // namespace crawlspool::config
