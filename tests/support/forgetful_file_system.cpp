#include "tests/support/forgetful_file_system.h"

#include <algorithm>
#include <cerrno>
#include <mutex>

#include "tests/support/forgetful_node.h"

namespace crawlspool::test {
namespace {

using base::fail_errno;
using base::Result;

std::shared_ptr<Node> link_node(const std::string& target) {
  auto node = std::make_shared<Node>(spool::EntryKind::kOther);
  node->target = target;
  return node;
}

bool is_change(Call call) { return call != Call::kRead && call != Call::kDropCache && call != Call::kNote; }

}  // namespace

struct ForgetfulDisk::State {
  std::mutex mutex;
  std::shared_ptr<Node> root = std::make_shared<Node>(spool::EntryKind::kDirectory);
  const void* lock_owner = nullptr;
  std::vector<StorageCall> calls;
  std::vector<Fault> faults;
  std::size_t write_bytes_max = SIZE_MAX;
  std::uint64_t capacity = 1ULL << 40;
  std::optional<std::uint64_t> changes_left;

  [[nodiscard]] std::uint64_t free_bytes() const { return capacity - std::min(capacity, root->used()); }

  Result<void> enter(const StorageCall& call) {
    calls.push_back(call);
    if (changes_left && is_change(call.call)) {
      if (*changes_left == 0) return fail_errno("stopped", EIO);
      --*changes_left;
    }
    for (Fault& fault : faults) {
      if (fault.call != call.call || !call.name.ends_with(fault.name) || fault.times == 0) continue;
      if (fault.nth > 1) {
        --fault.nth;
        continue;
      }
      --fault.times;
      return fail_errno("made to fail: " + call.name, fault.errno_value);
    }
    return {};
  }

  [[nodiscard]] std::shared_ptr<Node> find(std::string_view path) const {
    std::shared_ptr<Node> node = root;
    while (node && !path.empty()) {
      const std::string name(path.substr(0, path.find('/')));
      const auto entry = node->entries.find(name);
      node = entry == node->entries.end() ? nullptr : entry->second;
      path.remove_prefix(std::min(path.size(), name.size() + 1));
    }
    return node;
  }
};

namespace {

using State = ForgetfulDisk::State;

class ForgetfulFile final : public spool::File {
 public:
  ForgetfulFile(std::shared_ptr<State> state, std::shared_ptr<Node> node, std::string name)
      : state_(std::move(state)), node_(std::move(node)), name_(std::move(name)) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    const std::lock_guard lock(state_->mutex);
    if (auto entered = state_->enter({Call::kRead, name_, offset, into.size()}); !entered)
      return tl::unexpected(entered.error());
    return offset < node_->cached.size() ? node_->cached.copy(into.data(), into.size(), offset) : 0;
  }

  Result<std::size_t> write_at(std::uint64_t offset, std::span<const std::string_view> parts) override {
    const std::lock_guard lock(state_->mutex);
    std::string text;
    for (const std::string_view part : parts) text += part;
    if (auto entered = state_->enter({Call::kWrite, name_, offset, text.size()}); !entered)
      return tl::unexpected(entered.error());
    const std::uint64_t end_max = node_->allocated_end() + state_->free_bytes();
    if (end_max <= offset) return fail_errno("write to " + name_, ENOSPC);
    text.resize(std::min({text.size(), state_->write_bytes_max, static_cast<std::size_t>(end_max - offset)}));
    node_->write(offset, text);
    return text.size();
  }

  Result<void> sync_data() override { return sync_as(Call::kSyncData); }
  Result<void> sync() override { return sync_as(Call::kSync); }

  Result<void> truncate(std::uint64_t size) override {
    const std::lock_guard lock(state_->mutex);
    return state_->enter({Call::kTruncate, name_, size}).map([&] { node_->truncate(size); });
  }

  Result<std::uint64_t> size() override {
    const std::lock_guard lock(state_->mutex);
    return node_->cached.size();
  }

  Result<void> preallocate(std::uint64_t offset, std::uint64_t length) override {
    const std::lock_guard lock(state_->mutex);
    if (auto entered = state_->enter({Call::kPreallocate, name_, offset, length}); !entered) return entered;
    if (offset + length > node_->allocated_end() + state_->free_bytes())
      return fail_errno("fallocate of " + name_, ENOSPC);
    node_->allocated = std::max(node_->allocated, offset + length);
    return {};
  }

  bool has_name() override { return true; }

  void drop_cache() override {
    const std::lock_guard lock(state_->mutex);
    static_cast<void>(state_->enter({Call::kDropCache, name_}));
    node_->drop_cache();
  }

 private:
  Result<void> sync_as(Call call) {
    const std::lock_guard lock(state_->mutex);
    const auto entered = state_->enter({call, name_});
    if (entered)
      node_->sync();
    else if (state_->changes_left != 0U)
      node_->dirty.clear();  // clean as far as the kernel is concerned, and not on the disk
    return entered;
  }

  std::shared_ptr<State> state_;
  std::shared_ptr<Node> node_;
  std::string name_;
};

class ForgetfulDirectory final : public spool::Directory {
 public:
  ForgetfulDirectory(std::shared_ptr<State> state, std::shared_ptr<Node> node, std::string prefix)
      : state_(std::move(state)), node_(std::move(node)), prefix_(std::move(prefix)) {}
  ForgetfulDirectory(const ForgetfulDirectory&) = delete;
  ForgetfulDirectory& operator=(const ForgetfulDirectory&) = delete;
  ~ForgetfulDirectory() override {
    const std::lock_guard lock(state_->mutex);
    if (state_->lock_owner == this) state_->lock_owner = nullptr;
  }

  Result<std::unique_ptr<spool::File>> open(const std::string& name, spool::OpenMode mode) override {
    const std::lock_guard lock(state_->mutex);
    const auto entry = node_->entries.find(name);
    if (entry != node_->entries.end()) {
      if (entry->second->kind != spool::EntryKind::kFile) return fail_errno("open of " + name, EPERM);
      if (mode == spool::OpenMode::kCreateNew) return fail_errno("open of " + name, EEXIST);
      return std::make_unique<ForgetfulFile>(state_, entry->second, prefix_ + name);
    }
    if (mode == spool::OpenMode::kRead || mode == spool::OpenMode::kWrite) return fail_errno("open of " + name, ENOENT);
    if (auto made = make(name, spool::EntryKind::kFile); !made) return tl::unexpected(made.error());
    return std::make_unique<ForgetfulFile>(state_, node_->entries[name], prefix_ + name);
  }

  Result<std::unique_ptr<spool::Directory>> open_directory(const std::string& name, spool::Access access) override {
    {
      const std::lock_guard lock(state_->mutex);
      if (node_->entries.contains(name))
        return std::make_unique<ForgetfulDirectory>(state_, node_->entries[name], prefix_ + name + "/");
      if (auto made = make(name, spool::EntryKind::kDirectory); !made) return tl::unexpected(made.error());
    }
    if (auto synced = sync(); !synced) return tl::unexpected(synced.error());
    return open_directory(name, access);
  }

  Result<std::vector<spool::DirectoryEntry>> list() override {
    const std::lock_guard lock(state_->mutex);
    std::vector<spool::DirectoryEntry> all;
    for (const auto& [name, child] : node_->entries) all.push_back({name, child->kind});
    return all;
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    const std::lock_guard lock(state_->mutex);
    return state_->enter({Call::kRename, prefix_ + to}).and_then([&]() -> Result<void> {
      const auto entry = node_->entries.find(from);
      if (entry == node_->entries.end()) return fail_errno("rename of " + from, ENOENT);
      node_->entries[to] = entry->second;
      node_->entries.erase(from);
      return {};
    });
  }

  Result<void> remove(const std::string& name) override {
    const std::lock_guard lock(state_->mutex);
    return state_->enter({Call::kRemove, prefix_ + name}).and_then([&]() -> Result<void> {
      if (node_->entries.erase(name) == 0) return fail_errno("unlink of " + name, ENOENT);
      return {};
    });
  }

  Result<void> link_to(const std::string& target, const std::string& name) override {
    const std::lock_guard lock(state_->mutex);
    return state_->enter({Call::kLink, prefix_ + name}).map([&] { node_->entries[name] = link_node(target); });
  }

  Result<void> sync() override {
    const std::lock_guard lock(state_->mutex);
    return state_->enter({Call::kSyncDirectory, prefix_}).map([&] { node_->entries_on_disk = node_->entries; });
  }

  Result<std::uint64_t> free_bytes() override {
    const std::lock_guard lock(state_->mutex);
    return state_->free_bytes();
  }

  Result<void> lock(const std::string& name, std::string_view holder) override {
    const std::lock_guard lock(state_->mutex);
    if (state_->lock_owner != nullptr && state_->lock_owner != this)
      return base::fail(base::ErrorCode::kLocked, path() + " is in use by " + node_->entries[name]->cached);
    if (!node_->entries.contains(name))
      if (auto made = make(name, spool::EntryKind::kFile); !made) return made;
    node_->entries[name]->truncate(0);
    node_->entries[name]->write(0, holder);
    state_->lock_owner = this;
    return {};
  }

  [[nodiscard]] std::string path() const override { return "/forgetful/" + prefix_; }

 private:
  Result<void> make(const std::string& name, spool::EntryKind kind) {
    return state_->enter({Call::kCreate, prefix_ + name}).map([&] {
      node_->entries[name] = std::make_shared<Node>(kind);
    });
  }

  std::shared_ptr<State> state_;
  std::shared_ptr<Node> node_;
  std::string prefix_;
};

}  // namespace

ForgetfulDisk::ForgetfulDisk() : state_(std::make_shared<State>()) {}

std::unique_ptr<spool::Directory> ForgetfulDisk::open() {
  return std::make_unique<ForgetfulDirectory>(state_, state_->root, "");
}

void ForgetfulDisk::fail(Fault fault) {
  const std::lock_guard lock(state_->mutex);
  state_->faults.push_back(std::move(fault));
}

void ForgetfulDisk::clear_faults() {
  const std::lock_guard lock(state_->mutex);
  state_->faults.clear();
}

void ForgetfulDisk::set_write_bytes_max(std::size_t bytes) {
  const std::lock_guard lock(state_->mutex);
  state_->write_bytes_max = bytes;
}

void ForgetfulDisk::set_capacity(std::uint64_t bytes) {
  const std::lock_guard lock(state_->mutex);
  state_->capacity = bytes;
}

std::uint64_t ForgetfulDisk::free_bytes() const {
  const std::lock_guard lock(state_->mutex);
  return state_->free_bytes();
}

void ForgetfulDisk::stop_after(std::uint64_t changes) {
  const std::lock_guard lock(state_->mutex);
  state_->changes_left = changes;
}

void ForgetfulDisk::crash(const Arrives& arrives) {
  const std::lock_guard lock(state_->mutex);
  state_->root->crash(arrives);
  state_->faults.clear();
  state_->changes_left.reset();
  state_->lock_owner = nullptr;
}

std::optional<std::string> ForgetfulDisk::content(std::string_view path) const {
  const std::lock_guard lock(state_->mutex);
  const auto node = state_->find(path);
  return node && node->kind == spool::EntryKind::kFile ? std::optional(node->cached) : std::nullopt;
}

std::optional<std::string> ForgetfulDisk::target(std::string_view path) const {
  const std::lock_guard lock(state_->mutex);
  const auto node = state_->find(path);
  return node && node->kind == spool::EntryKind::kOther ? std::optional(node->target) : std::nullopt;
}

std::vector<std::string> ForgetfulDisk::names(std::string_view directory) const {
  const std::lock_guard lock(state_->mutex);
  std::vector<std::string> all;
  if (const auto node = state_->find(directory))
    for (const auto& [name, child] : node->entries) all.push_back(name);
  return all;
}

void ForgetfulDisk::put(const std::string& name, std::string_view content) {
  const std::lock_guard lock(state_->mutex);
  const auto node = std::make_shared<Node>(spool::EntryKind::kFile);
  node->cached = node->on_disk = content;
  state_->root->entries[name] = node;
  state_->root->entries_on_disk[name] = node;
}

std::vector<StorageCall> ForgetfulDisk::calls() const {
  const std::lock_guard lock(state_->mutex);
  return state_->calls;
}

std::uint64_t ForgetfulDisk::count(Call call, std::string_view name_end) const {
  const std::lock_guard lock(state_->mutex);
  return static_cast<std::uint64_t>(std::count_if(state_->calls.begin(), state_->calls.end(), [&](const auto& made) {
    return made.call == call && made.name.ends_with(name_end);
  }));
}

std::uint64_t ForgetfulDisk::changes() const {
  const std::lock_guard lock(state_->mutex);
  return static_cast<std::uint64_t>(
      std::count_if(state_->calls.begin(), state_->calls.end(), [](const auto& made) { return is_change(made.call); }));
}

void ForgetfulDisk::note(std::string words) {
  const std::lock_guard lock(state_->mutex);
  state_->calls.push_back({Call::kNote, std::move(words)});
}

void ForgetfulDisk::forget_calls() {
  const std::lock_guard lock(state_->mutex);
  state_->calls.clear();
}

}  // namespace crawlspool::test
