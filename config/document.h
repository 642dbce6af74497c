// YAML text as a flat list of settings: `limits: {connections_max: 5}` becomes `limits.connections_max` = 5.
// The only place that knows yaml-cpp; its exceptions end here. Which keys exist comes from config/keys.h, what
// their values mean is not looked at.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/value.h"

namespace crawlspool::config {

inline constexpr int kNoLine = 0;  // lines count from 1

struct Setting {
  std::string key;  // a name of config/keys.h
  Value value;
  int line = kNoLine;
};

struct Mistake {
  int line = kNoLine;
  std::string key;   // as it was written, dotted; empty if none is at fault
  std::string what;  // one sentence, perhaps with raw bytes of the text in it
};

// Settings in the order they stand, and everything that was wrong: no YAML (then nothing else is looked at), an
// unknown key, a key twice in one map, a section that is no map.
struct Document {
  std::vector<Setting> settings;
  std::vector<Mistake> mistakes;
};

[[nodiscard]] Document read_document(std::string_view yaml);

// `yaml` as the value of the dotted `key`; a section takes a map.
[[nodiscard]] Document read_override(std::string_view key, std::string_view yaml);

// One map of a list of maps, such as a file of tokens has them: its keys as written and their values, in their order.
struct Entry {
  std::vector<Setting> settings;
  int line = kNoLine;
};
struct EntryList {
  std::vector<Entry> entries;
  std::vector<Mistake> mistakes;
};

// Reads a list of flat maps; which keys there are is the caller's to know. Nothing, or null, is an empty list. A key
// twice in one map is a mistake, and so is an item that is no map.
[[nodiscard]] EntryList read_entries(std::string_view yaml);

}  // namespace crawlspool::config
