#include "cli/common/defaults.h"

#include <algorithm>
#include <utility>

#include "cli/common/access_hint.h"
#include "config/loader.h"
#include "daemon/base/text.h"

namespace crawlspool::cli {
namespace {

using base::ErrorCode;
using base::fail;
using base::Result;

Result<Address> first_listener(const config::Config& config, std::string_view input, const char* option,
                               const ServerOptions& options) {
  const auto at = proto::find_input(input).value();
  const std::string key(config::listen_key(at));
  if (config.listen[at].empty()) return fail(ErrorCode::kConfig, key + " names no address; say where with " + option);
  auto address = local_listener(config.listen[at].front(), config);
  if (!address) return fail(ErrorCode::kConfig, key + ": " + address.error().context);
  return with_server_options(std::move(*address), options);
}

Result<Address> named_server(const std::string& url, std::string_view scheme, const ServerOptions& options) {
  CRAWLSPOOL_TRY_AS(auto address, parse_address(url, scheme));
  return with_server_options(std::move(address), options);
}

// Returns the value of a setting in a listener's query, as it is written there; empty where it has none.
std::string_view setting_of(std::string_view listener, std::string_view name) {
  const std::size_t question = listener.find('?');
  std::string_view rest = question == std::string_view::npos ? "" : listener.substr(question + 1);
  while (!rest.empty()) {
    const std::string_view text = rest.substr(0, rest.find('&'));
    if (text.starts_with(name) && text.substr(name.size()).starts_with('=')) return text.substr(name.size() + 1);
    rest.remove_prefix(std::min(text.size() + 1, rest.size()));
  }
  return {};
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

Result<Address> stream_server(const std::optional<std::string>& given, const std::optional<std::string>& config_file,
                              const ServerOptions& options) {
  if (given) return named_server(*given, "tcp", options);
  return configuration(config_file).and_then([&](const config::Config& config) {
    return first_listener(config, "stream", "--server", options);
  });
}

Result<Address> admin_server(const std::optional<std::string>& given, const config::Config& config,
                             const ServerOptions& options) {
  if (given) return named_server(*given, "http", options);
  return first_listener(config, "admin", "--admin", options);
}

Result<Address> admin_server(const std::optional<std::string>& given, const std::optional<std::string>& config_file,
                             const ServerOptions& options) {
  if (given) return named_server(*given, "http", options);
  return configuration(config_file).and_then([&](const config::Config& config) {
    return admin_server({}, config, options);
  });
}

Result<Address> local_listener(std::string_view listener, const config::Config& config) {
  CRAWLSPOOL_TRY_AS(auto address, reachable(listener));
  if (!address.tls) return address;
  const auto own = base::decode_percents(setting_of(listener, "certificate"));
  address.tls->own_certificate = own && !own->empty() ? *own : config.tls.certificate;
  return address;
}

}  // namespace crawlspool::cli
