// Keeps copies of what repair is about to overwrite, in cut/. A copy is synced before the original is touched, and is
// never overwritten itself. Source: FORMAT.md, "cut/".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "daemon/spool/storage/file_system.h"

namespace crawlspool::spool {

class KeptOriginals {
 public:
  // `spool` outlives it. Nothing is made before the first keep().
  explicit KeptOriginals(Directory& spool) : spool_(spool) {}

  // Copies `bytes` of `source` from `offset` on, fewer where it ends, to cut/NAME or, where that holds something else,
  // to NAME.2 and so on. Returns the file's name below the spool's directory; the copy is durable then.
  [[nodiscard]] base::Result<std::string> keep(ByteSource& source, std::uint64_t offset, std::uint64_t bytes,
                                               const std::string& name);
  // Keeps a whole file of `directory` in the same way. Keeps nothing of what is no regular file, such as a link: then
  // it returns no name.
  [[nodiscard]] base::Result<std::vector<std::string>> keep_file(Directory& directory, const std::string& file,
                                                                 const std::string& name);
  // Keeps it, and then removes it from `directory`.
  [[nodiscard]] base::Result<std::vector<std::string>> set_aside(Directory& directory, const std::string& file,
                                                                 const std::string& name);

 private:
  [[nodiscard]] base::Result<std::string> give_name(const std::string& beside, const std::string& name);

  Directory& spool_;
  std::unique_ptr<Directory> cut_;
};

}  // namespace crawlspool::spool
