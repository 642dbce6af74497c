#include "cli/send/whole_record.h"

#include <nlohmann/json.hpp>

namespace crawlspool::cli {

bool is_whole_record(std::string_view line) {
  const std::size_t start = line.find_first_not_of(" \t\r");
  if (start == std::string_view::npos) return false;
  const bool is_number = std::string_view("-0123456789").find(line[start]) != std::string_view::npos;
  return !is_number && nlohmann::json::accept(line);
}

}  // namespace crawlspool::cli
