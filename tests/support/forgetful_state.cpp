#include "tests/support/forgetful_state.h"

#include <algorithm>
#include <cerrno>

namespace crawlspool::test {
namespace {

bool is_change(Call call) { return call != Call::kRead && call != Call::kDropCache && call != Call::kNote; }

}  // namespace

base::Result<void> ForgetfulDisk::State::enter(Call call, std::string_view name, std::uint64_t offset,
                                               std::uint64_t bytes) {
  if (records_calls) calls.push_back({call, std::string(name), offset, bytes});
  if (is_change(call)) {
    ++changes;
    if (is_stopped()) return base::fail_errno("stopped", EIO);
    if (changes_left) --*changes_left;
  }
  for (Fault& fault : faults) {
    if (fault.call != call || fault.times == 0 || !name.ends_with(fault.name)) continue;
    if (fault.nth > 1) {
      --fault.nth;
      continue;
    }
    --fault.times;
    hits.push_back({call, fault.errno_value, fault.pages_arrived});
    return base::fail_errno("made to fail: " + std::string(name), fault.errno_value);
  }
  return {};
}

NodePtr ForgetfulDisk::State::find(std::string_view path) const {
  NodePtr node = root;
  while (node && !path.empty()) {
    const std::string_view name = path.substr(0, path.find('/'));
    node = node->names.find(name);
    path.remove_prefix(std::min(path.size(), name.size() + 1));
  }
  return node;
}

void ForgetfulDisk::State::lose_name(const NodePtr& node) {
  if (!node) return;
  used -= node->take_stock();
  node->has_name = false;  // only files and links are ever taken away
}

}  // namespace crawlspool::test
