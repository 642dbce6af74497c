// Describes a file that crawlspool_embed() of the top CMakeLists.txt has built into the program. All of it lives as
// long as the program.
#pragma once

#include <span>
#include <string_view>

namespace crawlspool::base {

struct EmbeddedFile {
  std::string_view name;  // without its folder
  std::string_view content;
  std::string_view digest;  // 16 hex digits, others for other content
};

}  // namespace crawlspool::base
