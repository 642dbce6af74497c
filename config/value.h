// What stands behind a key before anyone knows its type: the shapes of YAML that a configuration uses.
#pragma once

#include <string>
#include <vector>

namespace crawlspool::config {

struct Value {
  enum class Shape {
    kNothing,  // `key:` or null
    kText,     // any scalar, quoted or not
    kList,     // a list of scalars
    kOther,    // a map, or a list of anything else
  };
  Shape shape = Shape::kNothing;
  std::string text;                // of kText
  std::vector<std::string> items;  // of kList
};

}  // namespace crawlspool::config
