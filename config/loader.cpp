#include "config/loader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <string_view>
#include <utility>

#include "config/contradictions.h"
#include "config/document.h"
#include "config/keys.h"
#include "config/units.h"
#include "daemon/base/text.h"
#include "daemon/base/unique_fd.h"

namespace crawlspool::config {
namespace {

using base::ErrorCode;
using base::Result;

constexpr std::size_t kFileBytesMax = 1 * kMiB;

Result<std::string> read_file(const std::string& path) {
  const auto failed = [&path] { return base::fail(ErrorCode::kConfig, "cannot read " + one_line(path), errno); };
  const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return failed();
  std::string text;
  std::array<char, 16 * kKiB> chunk{};
  while (text.size() <= kFileBytesMax) {
    const ssize_t bytes = ::read(fd.get(), chunk.data(), chunk.size());
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return failed();
    if (bytes == 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(bytes));
  }
  return base::fail(ErrorCode::kConfig, one_line(path) + ": is over " + format_size(kFileBytesMax));
}

class Loader {
 public:
  void take_file(const std::string& path, std::string_view yaml) {
    take(read_document(yaml),
         [&path](int line) { return line == kNoLine ? one_line(path) : one_line(path) + ":" + std::to_string(line); });
  }

  void take_override(const std::string& text) {
    constexpr std::size_t kShownBytes = 200;
    const std::string place = "--set " + one_line(base::clip(text, kShownBytes));
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) return report(place, "", "must be KEY=VALUE");
    const std::string_view view = text;
    take(read_override(view.substr(0, equals), view.substr(equals + 1)), [&place](int) { return place; });
  }

  Result<Config> finish() {
    // Against a value that was refused, the rest would only seem to contradict.
    if (problems_.empty())
      for (const Contradiction& c : contradictions(config_)) report(place_of(c), c.key, c.what);
    if (problems_.empty()) return config_;
    return base::fail(ErrorCode::kConfig, problems_);
  }

 private:
  // Reports the document's mistakes in the order of their lines.
  template <class PlaceOf>
  void take(Document document, PlaceOf place_at) {
    std::vector<Mistake>& mistakes = document.mistakes;
    for (const Setting& setting : document.settings) {
      if (const Problem problem = find_key(setting.key)->kind.parse(setting.value, config_))
        mistakes.push_back({setting.line, setting.key, *problem});
      places_[setting.key] = place_at(setting.line);
    }
    std::stable_sort(mistakes.begin(), mistakes.end(),
                     [](const Mistake& a, const Mistake& b) { return a.line < b.line; });
    for (const Mistake& mistake : mistakes) report(place_at(mistake.line), mistake.key, mistake.what);
  }

  void report(const std::string& place, std::string_view key, std::string_view what) {
    constexpr std::size_t kKeyShownBytes = 120;
    if (!problems_.empty()) problems_ += '\n';
    problems_ += place + ": ";
    if (!key.empty()) problems_ += one_line(base::clip(key, kKeyShownBytes)) + ": ";
    problems_ += one_line(what);
  }

  // Where one of the two keys was set; one of them was, since the defaults do not contradict each other.
  [[nodiscard]] std::string place_of(const Contradiction& contradiction) const {
    auto place = places_.find(contradiction.key);
    if (place == places_.end()) place = places_.find(contradiction.other);
    return place == places_.end() ? "defaults" : place->second;
  }

  Config config_;
  std::string problems_;                                    // one a line
  std::map<std::string, std::string, std::less<>> places_;  // key -> where it was last set
};

}  // namespace

std::optional<std::string> default_file() {
  const char* const named = std::getenv(kFileVariable);
  if (named != nullptr && *named != '\0') return named;
  if (::access(kDefaultFile, F_OK) != 0 && errno == ENOENT) return {};
  return kDefaultFile;
}

Result<Config> load(const std::optional<std::string>& file, const std::vector<std::string>& overrides) {
  if (!file) return load_text(kDefaultFile, "", overrides);
  const Result<std::string> yaml = read_file(*file);
  if (!yaml) return tl::unexpected(yaml.error());
  return load_text(*file, *yaml, overrides);
}

Result<Config> load_text(const std::string& name, std::string_view yaml, const std::vector<std::string>& overrides) {
  Loader loader;
  loader.take_file(name, yaml);
  for (const std::string& text : overrides) loader.take_override(text);
  return loader.finish();
}

}  // namespace crawlspool::config
