#include "cli/common/server_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "cli/common/console.h"
#include "proto/hello.h"

namespace crawlspool::cli {
namespace {

base::Result<std::string> read_token(const std::string& file) {
  std::ifstream in(file);
  std::string token;
  std::string more;
  in >> token;
  if (token.empty()) return base::fail(base::ErrorCode::kUsage, "no token can be read from " + shown(file));
  const bool is_text = std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7F'; });
  if (in >> more || !is_text || token.size() > proto::kTokenBytesMax)
    return base::fail(base::ErrorCode::kUsage,
                      shown(file) + " holds something else than one token, as crawlspool token new prints it");
  return token;
}

}  // namespace

void add_server_options(CLI::App& command, ServerOptions& options) {
  add_tls_options(command, options.tls);
  command.add_option("--token-file", options.token_file, "Holds the token that the server wants")->type_name("FILE");
}

base::Result<Address> with_server_options(Address server, const ServerOptions& options) {
  CRAWLSPOOL_TRY_AS(Address known, with_tls_files(std::move(server), options.tls));
  const char* const variable = std::getenv("CRAWLSPOOL_TOKEN_FILE");
  const std::string file = !options.token_file.empty() ? options.token_file : variable != nullptr ? variable : "";
  if (file.empty()) return known;
  CRAWLSPOOL_TRY_AS(known.token, read_token(file));
  return known;
}

}  // namespace crawlspool::cli
