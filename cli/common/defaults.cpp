#include "cli/common/defaults.h"

#include <vector>

#include "cli/common/access_hint.h"
#include "config/loader.h"

namespace crawlspool::cli {
namespace {

using base::ErrorCode;
using base::fail;
using base::Result;

Result<Address> first_listener(const std::vector<std::string>& listeners, const char* key, const char* option) {
  if (listeners.empty())
    return fail(ErrorCode::kConfig, std::string(key) + " names no address; say where with " + option);
  auto address = reachable(listeners.front());
  if (!address) return fail(ErrorCode::kConfig, std::string(key) + ": " + address.error().context);
  return address;
}

}  // namespace

Result<config::Config> configuration(const std::optional<std::string>& config_file) {
  const auto file = config_file ? config_file : config::default_file();
  auto config = config::load(file, {});
  if (config || !file) return config;
  return tl::unexpected(with_access_hint(config.error(), *file));
}

Result<std::string> spool_directory(const std::optional<std::string>& given,
                                    const std::optional<std::string>& config_file) {
  if (given) return *given;
  return configuration(config_file).map([](const config::Config& config) { return config.spool.directory; });
}

Result<Address> stream_server(const std::optional<std::string>& given, const std::optional<std::string>& config_file) {
  if (given) return parse_address(*given, "tcp");
  return configuration(config_file).and_then([](const config::Config& config) {
    return first_listener(config.listen[proto::input("stream")], "listen.stream", "--server");
  });
}

Result<Address> admin_server(const std::optional<std::string>& given, const config::Config& config) {
  if (given) return parse_address(*given, "http");
  return first_listener(config.listen[proto::input("admin")], "listen.admin", "--admin");
}

Result<Address> admin_server(const std::optional<std::string>& given, const std::optional<std::string>& config_file) {
  if (given) return parse_address(*given, "http");
  return configuration(config_file).and_then([](const config::Config& config) { return admin_server({}, config); });
}

}  // namespace crawlspool::cli
