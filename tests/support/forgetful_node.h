// A file, directory or link of the forgetful disk. A directory's names are, as a file's bytes are, what programs see
// and what the disk has; each change of a name reaches the disk by itself unless the directory is synced. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/spool/storage/file_system.h"
#include "tests/support/forgetful_bytes.h"

namespace crawlspool::test {

struct Node;
using NodePtr = std::shared_ptr<Node>;

class ForgetfulNames {
 public:
  using Map = std::map<std::string, NodePtr, std::less<>>;

  [[nodiscard]] const Map& cached() const { return cached_; }
  [[nodiscard]] NodePtr find(std::string_view name) const;

  // Each returns what had the name before, if it has none any more.
  NodePtr put(const std::string& name, NodePtr node);
  NodePtr rename(const std::string& from, const std::string& to);
  NodePtr remove(const std::string& name);

  void sync();
  void write_back(Luck& luck);  // in order, up to the first that does not arrive
  void crash(Luck& luck);       // each change by itself

 private:
  struct Change {
    std::string name;
    NodePtr node;  // none: the name is removed
  };

  void apply(const Change& change);

  Map cached_;
  Map on_disk_;
  std::vector<Change> unsynced_;  // in the order they were made
};

struct Node {
  explicit Node(spool::EntryKind of_kind) : kind(of_kind) {}

  spool::EntryKind kind;  // kOther: a link
  bool has_name = false;  // and so counts as used
  std::string target;
  ForgetfulBytes bytes;
  ForgetfulNames names;

  void write_back(Luck& luck);
  void crash(Luck& luck);
  // Counts and marks what has a name, from here down.
  [[nodiscard]] std::uint64_t take_stock();
};

}  // namespace crawlspool::test
