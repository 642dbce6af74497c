#include "cli/name_checks.h"

#include "proto/names.h"

namespace crawlspool::cli {

std::string check_client(const std::string& text) {
  return proto::is_client_name(text) ? "" : "a client's name is 1 to 128 of letters, digits, '.', '_', '-' and ':'";
}

std::string check_stream(const std::string& text) {
  return proto::is_stream_name(text) ? ""
                                     : "a stream's name is 1 to 128 of letters, digits, '.', '_', '-', ':' and '/'";
}

}  // namespace crawlspool::cli
