// What stands behind a key before anyone knows its type: the shapes of YAML that a configuration uses.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace crawlspool::config {

struct Value {
  enum class Shape {
    kNothing,  // `key:` or null
    kText,     // any scalar, quoted or not
    kList,     // a list of scalars
    kMap,      // a map of words to lists of scalars
    kOther,    // anything else
  };
  Shape shape = Shape::kNothing;
  std::string text;                                                            // of kText
  std::vector<std::string> items;                                              // of kList
  std::vector<std::pair<std::string, std::vector<std::string>>> entries = {};  // of kMap, as they stand
};

}  // namespace crawlspool::config
