// What an option means that was not given: from the daemon's configuration file if there is one, else built in.
// The file is read only when it is needed.
#pragma once

#include <optional>
#include <string>

#include "cli/common/address.h"
#include "config/model.h"
#include "daemon/base/error.h"

namespace crawlspool::cli {

// The daemon's configuration, by -c or where it lies by default; the defaults where there is none.
[[nodiscard]] base::Result<config::Config> configuration(const std::optional<std::string>& config_file);
// `given` as the option was given, `config_file` as -c was.
[[nodiscard]] base::Result<std::string> spool_directory(const std::optional<std::string>& given,
                                                        const std::optional<std::string>& config_file);
[[nodiscard]] base::Result<Address> stream_server(const std::optional<std::string>& given,
                                                  const std::optional<std::string>& config_file);
[[nodiscard]] base::Result<Address> admin_server(const std::optional<std::string>& given,
                                                 const std::optional<std::string>& config_file);
// The same with a configuration that has been read.
[[nodiscard]] base::Result<Address> admin_server(const std::optional<std::string>& given, const config::Config& config);

}  // namespace crawlspool::cli
