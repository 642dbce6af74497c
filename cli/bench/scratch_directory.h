// A directory of our own that is removed with all that is in it when its owner is.
#pragma once

#include <string>

#include "daemon/base/error.h"

namespace crawlspool::bench {

class ScratchDirectory {
 public:
  [[nodiscard]] static base::Result<ScratchDirectory> make(const std::string& parent);
  ScratchDirectory(ScratchDirectory&& other) noexcept;
  ScratchDirectory& operator=(ScratchDirectory&&) = delete;
  ~ScratchDirectory();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  explicit ScratchDirectory(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace crawlspool::bench
