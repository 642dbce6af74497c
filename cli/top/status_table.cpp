#include "cli/top/status_table.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "cli/common/console.h"
#include "cli/common/human.h"

namespace crawlspool::cli {
namespace {

using nlohmann::ordered_json;
using Rows = std::vector<std::pair<std::string, std::string>>;

// The unit is the name's last word.
bool has_unit(const std::string& name, const std::string& unit) {
  return name == unit || name.ends_with("_" + unit) || name.ends_with("." + unit);
}

std::string value_text(const std::string& name, const ordered_json& value) {
  if (value.is_object()) return "none";
  if (value.is_string()) return shown(value.get<std::string>());
  std::string text = value.dump(-1, ' ', true, ordered_json::error_handler_t::replace);  // in ASCII
  if (!value.is_number_unsigned()) return text;
  const auto number = value.get<std::uint64_t>();
  if (has_unit(name, "bytes") && number >= 1024) return text + " (" + human_bytes(number) + ")";
  if (has_unit(name, "s") && number >= 60) return text + " (" + human_seconds(number) + ")";
  return text;
}

void add_rows(Rows& rows, const std::string& prefix, const ordered_json& object) {
  for (const auto& [key, value] : object.items()) {
    const std::string name = prefix + shown(key);
    if (value.is_object() && !value.empty())
      add_rows(rows, name + ".", value);
    else
      rows.emplace_back(name, value_text(name, value));
  }
}

}  // namespace

std::optional<std::string> status_table(const std::string& json) {
  const auto status = ordered_json::parse(json, nullptr, false);
  if (!status.is_object()) return std::nullopt;
  Rows rows;
  add_rows(rows, "", status);
  std::size_t width = 0;
  for (const auto& [name, value] : rows) width = std::max(width, name.size());
  std::string table;
  for (const auto& [name, value] : rows) table += name + std::string(width - name.size() + 2, ' ') + value + "\n";
  return table;
}

}  // namespace crawlspool::cli
