// The page at the admin port's `/`: the files of page/ and the chart library, built into the program.
#pragma once

#include <span>
#include <string_view>

namespace crawlspool::admin {

// All of it lives as long as the program.
struct PageFile {
  std::string_view path;  // of its URL
  std::string_view content_type;
  std::string_view content;
  std::string_view etag;  // quoted; another one for other content
};

[[nodiscard]] std::span<const PageFile> page_files();

// None at this path: nullptr.
[[nodiscard]] const PageFile* find_page_file(std::string_view path);

}  // namespace crawlspool::admin
