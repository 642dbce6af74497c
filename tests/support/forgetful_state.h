// What the handles of one forgetful disk share: its nodes, the faults set up for it and the record of its calls.
// Everything but `meanwhile` is used under the mutex.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/forgetful_file_system.h"
#include "tests/support/forgetful_node.h"

namespace crawlspool::test {

struct ForgetfulDisk::State {
  std::mutex mutex;
  std::function<void()> meanwhile;
  NodePtr root = std::make_shared<Node>(spool::EntryKind::kDirectory);
  const void* lock_owner = nullptr;
  bool records_calls = true;
  std::vector<StorageCall> calls;
  std::uint64_t changes = 0;
  std::vector<Fault> faults;
  std::vector<Hit> hits;
  std::size_t write_bytes_max = SIZE_MAX;
  std::uint64_t capacity = 1ULL << 40;
  std::uint64_t used = 0;
  std::optional<std::uint64_t> changes_left;

  [[nodiscard]] std::uint64_t free_bytes() const { return capacity - std::min(capacity, used); }
  [[nodiscard]] bool is_stopped() const { return changes_left == 0U; }

  [[nodiscard]] std::unique_lock<std::mutex> lock() {
    if (meanwhile) meanwhile();
    return std::unique_lock(mutex);
  }
  // Before each call: records it and fails it where it is to fail.
  [[nodiscard]] base::Result<void> enter(Call call, std::string_view name, std::uint64_t offset = 0,
                                         std::uint64_t bytes = 0);
  [[nodiscard]] NodePtr find(std::string_view path) const;

  // Runs `change` on the node's bytes and keeps `used` right.
  template <class Change>
  void change_bytes(Node& node, Change change) {
    const std::uint64_t before = node.bytes.allocated_end();
    change(node.bytes);
    if (node.has_name) used += node.bytes.allocated_end() - before;
  }
  void take_name(Node& node) { used += node.take_stock(); }
  void lose_name(const NodePtr& node);
  void take_stock() { used = root->take_stock(); }
};

}  // namespace crawlspool::test
