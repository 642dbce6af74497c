#include "tests/support/forgetful_handles.h"

#include <algorithm>
#include <cerrno>
#include <mutex>

namespace crawlspool::test {
namespace {

using base::fail_errno;
using base::Result;
using State = ForgetfulDisk::State;

std::uint64_t bytes_of(std::span<const std::string_view> parts) {
  std::uint64_t bytes = 0;
  for (const std::string_view part : parts) bytes += part.size();
  return bytes;
}

class ForgetfulFile final : public spool::File {
 public:
  ForgetfulFile(std::shared_ptr<State> state, NodePtr node, std::string name)
      : state_(std::move(state)), node_(std::move(node)), name_(std::move(name)) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    const auto lock = state_->lock();
    if (auto entered = state_->enter(Call::kRead, name_, offset, into.size()); !entered)
      return tl::unexpected(entered.error());
    const std::string& bytes = node_->bytes.cached();
    return offset < bytes.size() ? bytes.copy(into.data(), into.size(), offset) : 0;
  }

  Result<std::size_t> write_at(std::uint64_t offset, std::span<const std::string_view> parts) override {
    const auto lock = state_->lock();
    std::uint64_t bytes = bytes_of(parts);
    if (auto entered = state_->enter(Call::kWrite, name_, offset, bytes); !entered)
      return tl::unexpected(entered.error());
    const std::uint64_t end_max = node_->bytes.allocated_end() + state_->free_bytes();
    if (end_max <= offset) return fail_errno("write to " + name_, ENOSPC);
    bytes = std::min({bytes, std::uint64_t{state_->write_bytes_max}, end_max - offset});
    state_->change_bytes(*node_, [&](ForgetfulBytes& file) { file.write(offset, parts, bytes); });
    return bytes;
  }

  Result<void> sync_data() override { return sync_as(Call::kSyncData); }
  Result<void> sync() override { return sync_as(Call::kSync); }

  Result<void> truncate(std::uint64_t size) override {
    const auto lock = state_->lock();
    return state_->enter(Call::kTruncate, name_, size).map([&] {
      state_->change_bytes(*node_, [&](ForgetfulBytes& file) { file.truncate(size); });
    });
  }

  Result<std::uint64_t> size() override {
    const auto lock = state_->lock();
    return node_->bytes.cached().size();
  }

  Result<void> preallocate(std::uint64_t offset, std::uint64_t length) override {
    const auto lock = state_->lock();
    if (auto entered = state_->enter(Call::kPreallocate, name_, offset, length); !entered) return entered;
    if (offset + length > node_->bytes.allocated_end() + state_->free_bytes())
      return fail_errno("fallocate of " + name_, ENOSPC);
    state_->change_bytes(*node_, [&](ForgetfulBytes& file) { file.preallocate(offset + length); });
    return {};
  }

  bool has_name() override {
    const auto lock = state_->lock();
    return node_->has_name;
  }

  void drop_cache() override {
    const auto lock = state_->lock();
    static_cast<void>(state_->enter(Call::kDropCache, name_));
    node_->bytes.drop_cache();
  }

 private:
  Result<void> sync_as(Call call) {
    const auto lock = state_->lock();
    const bool is_stopped = state_->is_stopped();
    auto entered = state_->enter(call, name_);
    if (entered)
      node_->bytes.sync();
    else if (!is_stopped)
      node_->bytes.fail_sync(state_->hits.back().pages_arrived);
    return entered;
  }

  std::shared_ptr<State> state_;
  NodePtr node_;
  std::string name_;
};

class ForgetfulDirectory final : public spool::Directory {
 public:
  ForgetfulDirectory(std::shared_ptr<State> state, NodePtr node, std::string prefix)
      : state_(std::move(state)), node_(std::move(node)), prefix_(std::move(prefix)) {}
  ForgetfulDirectory(const ForgetfulDirectory&) = delete;
  ForgetfulDirectory& operator=(const ForgetfulDirectory&) = delete;
  ~ForgetfulDirectory() override {
    const std::lock_guard lock(state_->mutex);
    if (state_->lock_owner == this) state_->lock_owner = nullptr;
  }

  Result<std::unique_ptr<spool::File>> open(const std::string& name, spool::OpenMode mode) override {
    const auto lock = state_->lock();
    NodePtr node = node_->names.find(name);
    if (node) {
      if (node->kind != spool::EntryKind::kFile) return fail_errno("open of " + name, EPERM);
      if (mode == spool::OpenMode::kCreateNew) return fail_errno("open of " + name, EEXIST);
    } else {
      if (mode == spool::OpenMode::kRead || mode == spool::OpenMode::kWrite)
        return fail_errno("open of " + name, ENOENT);
      auto made = make(name, spool::EntryKind::kFile);
      if (!made) return tl::unexpected(made.error());
      node = std::move(*made);
    }
    return std::make_unique<ForgetfulFile>(state_, std::move(node), prefix_ + name);
  }

  Result<std::unique_ptr<spool::Directory>> open_directory(const std::string& name, spool::Access) override {
    const auto lock = state_->lock();
    NodePtr node = node_->names.find(name);
    if (!node) {
      auto made = make(name, spool::EntryKind::kDirectory);
      if (!made) return tl::unexpected(made.error());
      if (auto synced = sync_names(); !synced) return tl::unexpected(synced.error());
      node = std::move(*made);
    }
    return std::make_unique<ForgetfulDirectory>(state_, std::move(node), prefix_ + name + "/");
  }

  Result<std::vector<spool::DirectoryEntry>> list() override {
    const auto lock = state_->lock();
    std::vector<spool::DirectoryEntry> all;
    all.reserve(node_->names.cached().size());
    for (const auto& [name, child] : node_->names.cached()) all.push_back({name, child->kind});
    return all;
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    const auto lock = state_->lock();
    if (auto entered = state_->enter(Call::kRename, prefix_ + to); !entered) return entered;
    if (!node_->names.find(from)) return fail_errno("rename of " + from, ENOENT);
    state_->lose_name(node_->names.rename(from, to));
    return {};
  }

  Result<void> remove(const std::string& name) override {
    const auto lock = state_->lock();
    if (auto entered = state_->enter(Call::kRemove, prefix_ + name); !entered) return entered;
    if (!node_->names.find(name)) return fail_errno("unlink of " + name, ENOENT);
    state_->lose_name(node_->names.remove(name));
    return {};
  }

  Result<void> link_to(const std::string& target, const std::string& name) override {
    const auto lock = state_->lock();
    return state_->enter(Call::kLink, prefix_ + name).map([&] {
      auto link = std::make_shared<Node>(spool::EntryKind::kOther);
      link->target = target;
      put(name, std::move(link));
    });
  }

  Result<void> sync() override {
    const auto lock = state_->lock();
    return sync_names();
  }

  Result<std::uint64_t> free_bytes() override {
    const auto lock = state_->lock();
    return state_->free_bytes();
  }

  Result<void> lock(const std::string& name, std::string_view holder) override {
    const auto lock = state_->lock();
    NodePtr node = node_->names.find(name);
    if (state_->lock_owner != nullptr && state_->lock_owner != this)
      return base::fail(base::ErrorCode::kLocked, path() + " is in use by " + node->bytes.cached());
    if (!node) {
      auto made = make(name, spool::EntryKind::kFile);
      if (!made) return tl::unexpected(made.error());
      node = std::move(*made);
    }
    // At once on the disk: the holder names its process, and chance must not depend on how long that name is.
    state_->change_bytes(*node, [&](ForgetfulBytes& file) { file.put(holder); });
    state_->lock_owner = this;
    locked_ = std::move(node);
    lock_name_ = name;
    return {};
  }

  Result<void> check_claim() override {
    const auto lock = state_->lock();
    if (!locked_ || (locked_->has_name && node_->names.find(lock_name_) == locked_)) return {};
    return base::fail(base::ErrorCode::kLocked, path() + lock_name_ + " was removed or replaced");
  }

  [[nodiscard]] std::string path() const override { return "/forgetful/" + prefix_; }

 private:
  Result<void> sync_names() {
    return state_->enter(Call::kSyncDirectory, prefix_).map([&] { node_->names.sync(); });
  }

  Result<NodePtr> make(const std::string& name, spool::EntryKind kind) {
    if (auto entered = state_->enter(Call::kCreate, prefix_ + name); !entered) return tl::unexpected(entered.error());
    return put(name, std::make_shared<Node>(kind));
  }

  NodePtr put(const std::string& name, NodePtr node) {
    state_->take_name(*node);
    state_->lose_name(node_->names.put(name, node));
    return node;
  }

  std::shared_ptr<State> state_;
  NodePtr node_;
  std::string prefix_;
  NodePtr locked_;  // the lock's file, once it is taken
  std::string lock_name_;
};

}  // namespace

std::unique_ptr<spool::Directory> open_forgetful_directory(std::shared_ptr<State> state, NodePtr node,
                                                           std::string prefix) {
  return std::make_unique<ForgetfulDirectory>(std::move(state), std::move(node), std::move(prefix));
}

}  // namespace crawlspool::test
