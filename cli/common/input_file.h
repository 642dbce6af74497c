// Owns a regular file that is sent under a session which outlives the process: finds out which one it is, and whether
// what was sent of it is still what it was.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/base/error.h"
#include "daemon/base/unique_fd.h"

namespace crawlspool::cli {

// The first `bytes` of a file.
struct InputPrefix {
  std::uint64_t bytes = 0;
  std::uint32_t crc32 = 0;
  bool operator==(const InputPrefix&) const = default;
};

class InputFile {
 public:
  // Fails with kUsage if it is there and not a regular file.
  [[nodiscard]] static base::Result<InputFile> open(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }  // absolute, to be shown()
  [[nodiscard]] std::uint64_t device() const { return device_; }
  [[nodiscard]] std::uint64_t inode() const { return inode_; }
  [[nodiscard]] base::Result<std::uint64_t> size() const;

  // Returns its prefix of `bytes`, of which `known` is the start. Fails where the file is shorter.
  [[nodiscard]] base::Result<InputPrefix> prefix(InputPrefix known, std::uint64_t bytes) const;
  // Returns `bytes` from `offset` on, and fewer only at its end.
  [[nodiscard]] base::Result<std::string> read_at(std::uint64_t offset, std::size_t bytes) const;
  // Returns another descriptor of the same open file.
  [[nodiscard]] base::Result<base::UniqueFd> duplicate() const;

 private:
  InputFile(base::UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  base::UniqueFd fd_;
  std::string path_;
  std::uint64_t device_ = 0;
  std::uint64_t inode_ = 0;
};

}  // namespace crawlspool::cli
