#include "tests/support/forgetful_node.h"

#include <utility>

namespace crawlspool::test {

NodePtr ForgetfulNames::find(std::string_view name) const {
  const auto entry = cached_.find(name);
  return entry == cached_.end() ? nullptr : entry->second;
}

NodePtr ForgetfulNames::put(const std::string& name, NodePtr node) {
  unsynced_.push_back({name, node});
  return std::exchange(cached_[name], std::move(node));
}

NodePtr ForgetfulNames::rename(const std::string& from, const std::string& to) {
  if (from == to) return nullptr;
  NodePtr node = std::move(cached_.find(from)->second);
  cached_.erase(from);
  return put(to, std::move(node));
}

NodePtr ForgetfulNames::remove(const std::string& name) {
  unsynced_.push_back({name, nullptr});
  const auto entry = cached_.find(name);
  NodePtr node = std::move(entry->second);
  cached_.erase(entry);
  return node;
}

// A node has one name: it leaves the one it had.
void ForgetfulNames::apply(const Change& change) {
  if (!change.node) {
    on_disk_.erase(change.name);
    return;
  }
  std::erase_if(on_disk_, [&](const auto& entry) { return entry.second == change.node; });
  on_disk_[change.name] = change.node;
}

void ForgetfulNames::sync() {
  for (const Change& change : unsynced_) apply(change);
  unsynced_.clear();
}

void ForgetfulNames::write_back(Luck& luck) {
  std::size_t arrived = 0;
  for (; arrived < unsynced_.size() && luck.arrives(); ++arrived) apply(unsynced_[arrived]);
  unsynced_.erase(unsynced_.begin(), unsynced_.begin() + static_cast<std::ptrdiff_t>(arrived));
}

void ForgetfulNames::crash(Luck& luck) {
  for (const Change& change : unsynced_)
    if (luck.arrives()) apply(change);
  unsynced_.clear();
  cached_ = on_disk_;
}

void Node::write_back(Luck& luck) {
  bytes.write_back(luck);
  names.write_back(luck);
  for (const auto& [name, child] : names.cached()) child->write_back(luck);
}

void Node::crash(Luck& luck) {
  names.crash(luck);
  bytes.crash(luck);
  for (const auto& [name, child] : names.cached()) child->crash(luck);
}

std::uint64_t Node::take_stock() {
  has_name = true;
  std::uint64_t used = bytes.allocated_end();
  for (const auto& [name, child] : names.cached()) used += child->take_stock();
  return used;
}

}  // namespace crawlspool::test
