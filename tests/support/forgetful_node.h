// A file, directory or link of the forgetful disk: what programs see of it, and what the disk has.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "daemon/spool/file_system.h"

namespace crawlspool::test {

inline constexpr std::uint64_t kForgetfulPageBytes = 4096;

struct Node {
  explicit Node(spool::EntryKind of_kind) : kind(of_kind) {}

  spool::EntryKind kind;  // kOther: a link
  std::string target;
  // A file.
  std::string cached;
  std::string on_disk;
  std::set<std::uint64_t> dirty;
  std::uint64_t allocated = 0;
  // A directory.
  std::map<std::string, std::shared_ptr<Node>> entries;
  std::map<std::string, std::shared_ptr<Node>> entries_on_disk;

  [[nodiscard]] std::uint64_t allocated_end() const { return std::max<std::uint64_t>(allocated, cached.size()); }

  void write(std::uint64_t offset, std::string_view text) {
    if (cached.size() < offset + text.size()) cached.resize(offset + text.size(), '\0');
    cached.replace(offset, text.size(), text);
    for (std::uint64_t page = offset / kForgetfulPageBytes; page * kForgetfulPageBytes < offset + text.size(); ++page)
      dirty.insert(page);
  }

  void truncate(std::uint64_t size) {
    cached.resize(size, '\0');
    dirty.erase(dirty.lower_bound((size + kForgetfulPageBytes - 1) / kForgetfulPageBytes), dirty.end());
    if (size % kForgetfulPageBytes != 0) dirty.insert(size / kForgetfulPageBytes);
    allocated = size;
  }

  void write_back(std::uint64_t page) {
    const std::uint64_t begin = page * kForgetfulPageBytes;
    const std::string bytes = cached.substr(begin, kForgetfulPageBytes);
    if (on_disk.size() < begin + bytes.size()) on_disk.resize(begin + bytes.size(), '\0');
    on_disk.replace(begin, bytes.size(), bytes);
  }

  void sync() {
    for (const std::uint64_t page : dirty) write_back(page);
    dirty.clear();
    on_disk.resize(cached.size(), '\0');
  }

  void drop_cache() {
    for (std::uint64_t begin = 0; begin < cached.size(); begin += kForgetfulPageBytes) {
      if (dirty.contains(begin / kForgetfulPageBytes)) continue;
      std::string bytes = begin < on_disk.size() ? on_disk.substr(begin, kForgetfulPageBytes) : std::string();
      bytes.resize(std::min<std::uint64_t>(kForgetfulPageBytes, cached.size() - begin), '\0');
      cached.replace(begin, bytes.size(), bytes);
    }
  }

  void crash(const std::function<bool()>& arrives) {
    const bool changed = kind == spool::EntryKind::kDirectory && entries != entries_on_disk;
    if (changed && arrives()) entries_on_disk = entries;
    entries = entries_on_disk;
    for (const std::uint64_t page : dirty)
      if (arrives()) write_back(page);
    dirty.clear();
    if (cached.size() < on_disk.size() && arrives()) on_disk.resize(cached.size());
    cached = on_disk;
    allocated = cached.size();
    for (const auto& [name, child] : entries) child->crash(arrives);
  }

  [[nodiscard]] std::uint64_t used() const {
    std::uint64_t sum = allocated_end();
    for (const auto& [name, child] : entries) sum += child->used();
    return sum;
  }
};

}  // namespace crawlspool::test
