#include "cli/mounts.h"

#include <algorithm>
#include <iterator>
#include <sstream>
#include <vector>

namespace crawlspool::cli {
namespace {

// Spaces and their like are written \040.
std::string unescaped(const std::string& text) {
  constexpr std::string_view kOctal = "01234567";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '\\' && i + 3 < text.size() && text.find_first_not_of(kOctal, i + 1) > i + 3;
    out += is_escape ? static_cast<char>(std::stoi(text.substr(i + 1, 3), nullptr, 8)) : text[i];
    if (is_escape) i += 3;
  }
  return out;
}

bool holds(const std::string& place, const std::string& path) {
  if (place == "/") return true;
  return path.starts_with(place) && (path.size() == place.size() || path[place.size()] == '/');
}

// id parent major:minor root PLACE OPTIONS [optional…] - TYPE source SUPER-OPTIONS
std::optional<Mount> parse(const std::string& line) {
  std::istringstream words(line);
  const std::vector<std::string> fields{std::istream_iterator<std::string>(words), {}};
  const auto dash = std::find(fields.begin(), fields.end(), "-");
  if (dash - fields.begin() < 6 || fields.end() - dash < 4) return std::nullopt;
  return Mount{unescaped(fields[4]), dash[1], fields[5] + "," + dash[3]};
}

}  // namespace

bool Mount::has_option(std::string_view option) const {
  return ("," + options + ",").find("," + std::string(option) + ",") != std::string::npos;
}

std::optional<Mount> find_mount(const std::string& mountinfo, const std::string& path) {
  std::optional<Mount> found;
  std::istringstream lines(mountinfo);
  for (std::string line; std::getline(lines, line);) {
    auto mount = parse(line);
    if (mount && holds(mount->place, path) && (!found || mount->place.size() >= found->place.size()))
      found = std::move(mount);
  }
  return found;
}

}  // namespace crawlspool::cli
