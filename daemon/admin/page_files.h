// Holds the page at the admin port's `/`: the files of page/ and the chart library, built into the program.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "daemon/base/embedded_file.h"

namespace crawlspool::admin {

// Lives as long as the program.
struct PageFile {
  std::string path;  // of its URL
  std::string_view content_type;
  std::string_view content;
  std::string etag;  // quoted; another one for other content
};

[[nodiscard]] std::span<const PageFile> page_files();

// Returns nullptr where there is none at this path.
[[nodiscard]] const PageFile* find_page_file(std::string_view path);

// Returns the same files as CMakeLists.txt lists them.
[[nodiscard]] std::span<const base::EmbeddedFile> embedded_files();

}  // namespace crawlspool::admin
