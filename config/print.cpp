#include "config/print.h"

#include "config/keys.h"

namespace crawlspool::config {

std::string print_config(const Config& config) {
  std::string out;
  std::string_view section;
  for (const Key& key : keys()) {
    if (key.section() != section && !key.section().empty()) out += std::string(key.section()) + ":\n";
    section = key.section();
    if (!section.empty()) out += "  ";
    out += std::string(key.leaf()) + ": " + key.kind.print(config) + "\n";
  }
  return out;
}

}  // namespace crawlspool::config
