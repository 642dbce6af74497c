// A file of the real disk.
#pragma once

#include <string>

#include "daemon/base/unique_fd.h"
#include "daemon/spool/storage/direct_writer.h"
#include "daemon/spool/storage/file_system.h"

namespace crawlspool::spool {

class PosixFile final : public File {
 public:
  // `path` is for errors.
  PosixFile(base::UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  [[nodiscard]] base::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override;
  [[nodiscard]] base::Result<std::size_t> write_at(std::uint64_t offset,
                                                   std::span<const std::string_view> parts) override;
  [[nodiscard]] base::Result<void> sync_data() override;
  [[nodiscard]] base::Result<void> sync() override;
  [[nodiscard]] base::Result<void> truncate(std::uint64_t size) override;
  [[nodiscard]] base::Result<std::uint64_t> size() override;
  [[nodiscard]] base::Result<void> preallocate(std::uint64_t offset, std::uint64_t length) override;
  [[nodiscard]] bool has_name() override;
  void drop_cache() override;

 private:
  [[nodiscard]] std::ptrdiff_t write_cached(std::uint64_t offset, std::span<const std::string_view> parts,
                                            std::size_t bytes_max);
  [[nodiscard]] base::Result<void> checked(int result, const char* what) const;

  base::UniqueFd fd_;
  std::string path_;
  DirectWriter direct_;
};

}  // namespace crawlspool::spool
