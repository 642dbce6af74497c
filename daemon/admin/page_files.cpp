#include "daemon/admin/page_files.h"

#include <algorithm>
#include <vector>

#include "daemon/base/check.h"

namespace crawlspool::admin {
namespace {

std::string_view content_type(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  CRAWLSPOOL_CHECK(name.ends_with(".js"));
  return "text/javascript; charset=utf-8";
}

// index.html is `/`, the others are /page/NAME.
PageFile page_file(const base::EmbeddedFile& file) {
  return {file.name == "index.html" ? "/" : "/page/" + std::string(file.name), content_type(file.name), file.content,
          '"' + std::string(file.digest) + '"'};
}

}  // namespace

std::span<const PageFile> page_files() {
  static const std::vector<PageFile> files = [] {
    std::vector<PageFile> made;
    for (const base::EmbeddedFile& file : embedded_files()) made.push_back(page_file(file));
    return made;
  }();
  return files;
}

const PageFile* find_page_file(std::string_view path) {
  const auto files = page_files();
  const auto found =
      std::find_if(files.begin(), files.end(), [path](const PageFile& file) { return file.path == path; });
  return found == files.end() ? nullptr : &*found;
}

}  // namespace crawlspool::admin
