#include "config/changes.h"

#include "config/document.h"
#include "config/keys.h"
#include "daemon/base/check.h"

namespace crawlspool::config {
namespace {

// `printed` is what the key's kind has printed, which it also reads.
void set(Config& config, const Key& key, const std::string& printed) {
  const Document document = read_override(key.name, printed);
  CRAWLSPOOL_CHECK(document.settings.size() == 1 && !key.kind.parse(document.settings.front().value, config));
}

}  // namespace

std::vector<Change> changes(const Config& before, const Config& after) {
  std::vector<Change> out;
  for (const Key& key : keys()) {
    Change change{key.name, key.kind.print(before), key.kind.print(after), key.needs_restart};
    if (change.before != change.after) out.push_back(std::move(change));
  }
  return out;
}

Config keep_until_restart(const Config& running, const Config& loaded) {
  Config config = loaded;
  for (const Key& key : keys())
    if (key.needs_restart) set(config, key, key.kind.print(running));
  return config;
}

}  // namespace crawlspool::config
