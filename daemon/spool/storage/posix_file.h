// A file of the real disk. Small writes go through the page cache, large ones past it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/base/unique_fd.h"
#include "daemon/spool/storage/file_system.h"

namespace crawlspool::spool {

// Writes large pieces of a file past the page cache. The cache costs a copy into fresh pages, several times what the
// disk's own controller needs, and throws out what others read; a spool's bytes are read once, by the compressor, if at
// all. Only whole blocks of the disk can go this way: what is around them goes through the cache, which the kernel
// keeps in step. Used by one thread. Source: open(2), O_DIRECT; figures in tests/bench/RESULTS.md.
class DirectWriter {
 public:
  static constexpr std::size_t kBlockBytes = 4096;  // a multiple of what known disks and file systems ask for

  // Whether so many bytes are worth it; false for ever once the file system has refused one.
  [[nodiscard]] bool wants(std::size_t bytes) const { return bytes >= kBytesMin && !is_refused_; }

  // Whether a failed write says how the disk is, rather than that it does not take this kind.
  [[nodiscard]] static bool is_the_disks(int errno_value);

  // Writes a prefix of `parts`, laid end to end, in whole blocks; `offset` is a block's. Returns the bytes written, or
  // -1 with errno; nothing where the file system does not take it and nothing was written.
  [[nodiscard]] std::optional<std::ptrdiff_t> write(int fd, std::uint64_t offset,
                                                    std::span<const std::string_view> parts);

 private:
  static constexpr std::size_t kBytesMin = 256 * 1024;
  static constexpr std::size_t kStageBytes = 4 * 1024 * 1024;

  struct Free {
    void operator()(char* memory) const noexcept;
  };

  [[nodiscard]] bool has_stage();
  [[nodiscard]] std::size_t fill_stage(std::span<const std::string_view> parts);

  std::unique_ptr<char, Free> stage_;  // aligned to a block, made when first needed
  bool is_refused_ = false;
};

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
