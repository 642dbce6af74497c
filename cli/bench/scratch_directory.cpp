#include "cli/bench/scratch_directory.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <utility>

namespace crawlspool::bench {

base::Result<ScratchDirectory> ScratchDirectory::make(const std::string& parent) {
  std::string path = parent + "/crawlspool-bench-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) return base::fail_errno("cannot make a directory in " + parent, errno);
  return ScratchDirectory(path);
}

ScratchDirectory::ScratchDirectory(ScratchDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}

ScratchDirectory::~ScratchDirectory() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace crawlspool::bench
