#include "tests/support/forgetful_file_system.h"

#include <algorithm>
#include <mutex>

#include "tests/support/forgetful_handles.h"
#include "tests/support/forgetful_state.h"

namespace crawlspool::test {
namespace {

class AskedLuck final : public Luck {
 public:
  explicit AskedLuck(const ForgetfulDisk::Arrives& arrives) : arrives_(arrives) {}
  [[nodiscard]] bool arrives() override { return arrives_(); }

 private:
  const ForgetfulDisk::Arrives& arrives_;
};

bool is_file(const NodePtr& node) { return node && node->kind == spool::EntryKind::kFile; }

}  // namespace

ForgetfulDisk::ForgetfulDisk() : state_(std::make_shared<State>()) { state_->take_stock(); }

std::unique_ptr<spool::Directory> ForgetfulDisk::open() { return open_forgetful_directory(state_, state_->root, ""); }

void ForgetfulDisk::fail(Fault fault) {
  const std::lock_guard lock(state_->mutex);
  state_->faults.push_back(std::move(fault));
}

void ForgetfulDisk::clear_faults() {
  const std::lock_guard lock(state_->mutex);
  state_->faults.clear();
}

std::vector<ForgetfulDisk::Hit> ForgetfulDisk::hits() const {
  const std::lock_guard lock(state_->mutex);
  return state_->hits;
}

void ForgetfulDisk::before_each_call(std::function<void()> meanwhile) { state_->meanwhile = std::move(meanwhile); }

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

void ForgetfulDisk::crash(Luck& luck) {
  const std::lock_guard lock(state_->mutex);
  state_->root->crash(luck);
  state_->take_stock();
  state_->faults.clear();
  state_->changes_left.reset();
  state_->lock_owner = nullptr;
}

void ForgetfulDisk::crash(const Arrives& arrives) {
  AskedLuck luck(arrives);
  crash(luck);
}

void ForgetfulDisk::write_back(Luck& luck) {
  const std::lock_guard lock(state_->mutex);
  state_->root->write_back(luck);
}

std::optional<std::string> ForgetfulDisk::content(std::string_view path) const {
  const std::lock_guard lock(state_->mutex);
  const NodePtr node = state_->find(path);
  return is_file(node) ? std::optional(node->bytes.cached()) : std::nullopt;
}

std::optional<std::string> ForgetfulDisk::content_without_cache(std::string_view path) const {
  const std::lock_guard lock(state_->mutex);
  const NodePtr node = state_->find(path);
  return is_file(node) ? std::optional(node->bytes.without_cache()) : std::nullopt;
}

std::optional<std::string> ForgetfulDisk::target(std::string_view path) const {
  const std::lock_guard lock(state_->mutex);
  const NodePtr node = state_->find(path);
  return node && node->kind == spool::EntryKind::kOther ? std::optional(node->target) : std::nullopt;
}

std::vector<std::string> ForgetfulDisk::names(std::string_view directory) const {
  const std::lock_guard lock(state_->mutex);
  std::vector<std::string> all;
  if (const NodePtr node = state_->find(directory))
    for (const auto& [name, child] : node->names.cached()) all.push_back(name);
  return all;
}

void ForgetfulDisk::put(const std::string& name, std::string_view content) {
  const std::lock_guard lock(state_->mutex);
  const auto node = std::make_shared<Node>(spool::EntryKind::kFile);
  node->bytes.put(content);
  state_->take_name(*node);
  state_->lose_name(state_->root->names.put(name, node));
  state_->root->names.sync();
}

bool ForgetfulDisk::damage(std::string_view path, const std::function<void(std::string&)>& change) {
  const std::lock_guard lock(state_->mutex);
  const NodePtr node = state_->find(path);
  if (!is_file(node)) return false;
  state_->change_bytes(*node, [&](ForgetfulBytes& bytes) {
    change(bytes.disk_bytes());
    bytes.read_from_disk();
  });
  return true;
}

void ForgetfulDisk::record_calls(bool on) {
  const std::lock_guard lock(state_->mutex);
  state_->records_calls = on;
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
  return state_->changes;
}

void ForgetfulDisk::note(std::string words) {
  const std::lock_guard lock(state_->mutex);
  state_->calls.push_back({Call::kNote, std::move(words)});
}

void ForgetfulDisk::forget_calls() {
  const std::lock_guard lock(state_->mutex);
  state_->calls.clear();
  state_->changes = 0;
}

}  // namespace crawlspool::test
