// Finds what an option means that was not given: from the daemon's configuration file if there is one, else built in.
// Reads the file only when it is needed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/common/address.h"
#include "cli/common/server_options.h"
#include "config/model.h"
#include "daemon/base/error.h"

namespace crawlspool::cli {

// Returns the daemon's configuration, by -c or where it lies by default; the defaults where there is none.
[[nodiscard]] base::Result<config::Config> configuration(const std::optional<std::string>& config_file);
// `given` is what the option was given, `config_file` what -c was.
[[nodiscard]] base::Result<std::string> spool_directory(const std::optional<std::string>& given,
                                                        const std::optional<std::string>& config_file);
// `options` are those of the command. A listener of the configuration is this machine's, so that its own certificate is
// what TLS with it is checked by, unless the options or the environment name CAs.
[[nodiscard]] base::Result<Address> stream_server(const std::optional<std::string>& given,
                                                  const std::optional<std::string>& config_file,
                                                  const ServerOptions& options = {});
[[nodiscard]] base::Result<Address> admin_server(const std::optional<std::string>& given,
                                                 const std::optional<std::string>& config_file,
                                                 const ServerOptions& options = {});
// Does the same with a configuration that has been read.
[[nodiscard]] base::Result<Address> admin_server(const std::optional<std::string>& given, const config::Config& config,
                                                 const ServerOptions& options = {});

// Returns where a client on the same machine finds the listener that an entry of `listen` names, and by which
// certificate it knows it. Fails as reachable() does.
[[nodiscard]] base::Result<Address> local_listener(std::string_view listener, const config::Config& config);

}  // namespace crawlspool::cli
