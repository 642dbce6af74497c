#include "cli/common/name_checks.h"

#include "proto/names.h"

namespace crawlspool::cli {

std::string check_client(const std::string& text) {
  return proto::is_client_name(text) ? "" : std::string("a client's name is ") + proto::kClientNameRule;
}

std::string check_stream(const std::string& text) {
  return proto::is_stream_name(text) ? "" : std::string("a stream's name is ") + proto::kStreamNameRule;
}

}  // namespace crawlspool::cli
