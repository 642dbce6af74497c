#include "daemon/admin/page_files.h"

#include <algorithm>

namespace crawlspool::admin {

const PageFile* find_page_file(std::string_view path) {
  const auto files = page_files();
  const auto found =
      std::find_if(files.begin(), files.end(), [path](const PageFile& file) { return file.path == path; });
  return found == files.end() ? nullptr : &*found;
}

}  // namespace crawlspool::admin
