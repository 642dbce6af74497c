// A file's bytes on the forgetful disk: what programs see of them, and what the disk has. Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace crawlspool::test {

inline constexpr std::uint64_t kForgetfulPageBytes = 4096;
inline constexpr std::uint64_t kForgetfulSectorBytes = 512;  // overwritten whole or not at all

// What a crash, or the kernel between two syncs, makes of what was not synced.
class Luck {
 public:
  Luck() = default;
  Luck(const Luck&) = delete;
  Luck& operator=(const Luck&) = delete;
  virtual ~Luck() = default;

  // Asked once for each unsynced page, changed size and changed name: is it on the disk all the same?
  [[nodiscard]] virtual bool arrives() = 0;
  // Of `bytes` of a page that a crash catches on their way: how many are there?
  [[nodiscard]] virtual std::uint64_t torn_at(std::uint64_t bytes) { return bytes; }
};

// Numbers of pages, a bit each: the files of tests are small.
class PageSet {
 public:
  void insert(std::uint64_t first, std::uint64_t end);
  void erase_from(std::uint64_t first);
  void clear() { words_.clear(); }
  [[nodiscard]] bool contains(std::uint64_t page) const;
  [[nodiscard]] bool empty() const { return words_.empty(); }
  // One behind the greatest there may be.
  [[nodiscard]] std::uint64_t end() const { return words_.size() * kBits; }

 private:
  static constexpr std::uint64_t kBits = 64;

  std::vector<std::uint64_t> words_;
};

class ForgetfulBytes {
 public:
  [[nodiscard]] const std::string& cached() const { return cached_; }
  [[nodiscard]] std::uint64_t allocated_end() const;

  // The first `bytes` of `parts` laid end to end.
  void write(std::uint64_t offset, std::span<const std::string_view> parts, std::uint64_t bytes);
  void truncate(std::uint64_t size);
  void preallocate(std::uint64_t end);
  void sync();
  // Those pages are clean from here on as far as the kernel is concerned. On the disk are only those of them whose bit
  // is set in `arrived`: the n-th unsynced page's is the n-th, counted round.
  void fail_sync(std::uint64_t arrived);
  void drop_cache();

  void write_back(Luck& luck);
  void crash(Luck& luck);

  // On the disk at once.
  void put(std::string_view content);
  // The disk's own bytes, for a test to damage. The cache shows them too.
  [[nodiscard]] std::string& disk_bytes() { return on_disk_; }
  void read_from_disk();
  // As programs would see them once what is unsynced is written back and the cache is dropped.
  [[nodiscard]] std::string without_cache() const;

 private:
  void write_page(std::uint64_t page, std::uint64_t bytes_max);
  void tear_page(std::uint64_t page, Luck& luck);

  std::string cached_;
  std::string on_disk_;
  PageSet dirty_;
  std::uint64_t allocated_ = 0;
};

}  // namespace crawlspool::test
