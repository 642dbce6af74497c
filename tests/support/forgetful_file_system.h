// A disk in memory that keeps what was synced and nothing else: what a crash, a short write, a full or a failing disk
// leaves behind is the test's to say. Bytes, sizes and directory entries each have to be synced; pages are 4 KiB. A
// failed sync of a file loses the pages it was for, as Linux does: they still read as written until the cache is
// dropped. Names that a failed sync of their directory was for can be synced later.
// Thread-safe. What it hands out may be used after a crash() too, and then sees the disk as it came back.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/spool/storage/file_system.h"
#include "tests/support/forgetful_bytes.h"

namespace crawlspool::test {

enum class Call {
  kRead,
  kDropCache,
  // From here on they change the disk.
  kWrite,
  kSyncData,
  kSync,
  kTruncate,
  kPreallocate,
  kCreate,  // of files, directories and the lock
  kRename,
  kRemove,
  kLink,
  kSyncDirectory,
  kNote,  // a test's own words
};

struct StorageCall {
  Call call;
  std::string name;  // the path below the root; of a rename the new one
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

class ForgetfulDisk {
 public:
  ForgetfulDisk();

  [[nodiscard]] std::unique_ptr<spool::Directory> open();  // the root

  // The `nth` such call from now on and those after it, `times` in all, fail and do nothing.
  struct Fault {
    Call call;
    int errno_value;
    std::string name;  // how the path ends; empty: any
    std::uint64_t nth = 1;
    std::uint64_t times = 1;
    std::uint64_t pages_arrived = 0;  // of a sync: those of the unsynced pages, a bit each, that reach the disk
  };
  void fail(Fault fault);
  void clear_faults();
  struct Hit {
    Call call;
    int errno_value;
    std::uint64_t pages_arrived;
  };
  [[nodiscard]] std::vector<Hit> hits() const;  // the faults that calls have met
  // Called before each call of a file or directory, on its thread: what others do meanwhile. Not thread-safe.
  void before_each_call(std::function<void()> meanwhile);
  void set_write_bytes_max(std::size_t bytes);  // a longer write is short
  void set_capacity(std::uint64_t bytes);
  [[nodiscard]] std::uint64_t free_bytes() const;
  // After that many more changes nothing changes any more: each call fails with EIO until the crash().
  void stop_after(std::uint64_t changes);

  void crash(Luck& luck);
  using Arrives = std::function<bool()>;  // pages that arrive do so whole
  void crash(const Arrives& arrives = [] { return false; });
  // What the kernel writes back by itself, now and then: pages in any order, names in theirs.
  void write_back(Luck& luck);

  // As programs see it; nothing if there is no such file (or for target(), link).
  [[nodiscard]] std::optional<std::string> content(std::string_view path) const;
  [[nodiscard]] std::optional<std::string> target(std::string_view path) const;
  [[nodiscard]] std::vector<std::string> names(std::string_view directory = {}) const;
  void put(const std::string& name, std::string_view content);  // in the root, on the disk at once
  // As programs will see the file once it is synced and its cached pages are dropped.
  [[nodiscard]] std::optional<std::string> content_without_cache(std::string_view path) const;
  // Changes what the disk holds of a file. Only after a crash: nothing is unsynced then. False: no such file.
  bool damage(std::string_view path, const std::function<void(std::string&)>& change);

  void record_calls(bool on);  // it is on to begin with
  [[nodiscard]] std::vector<StorageCall> calls() const;
  [[nodiscard]] std::uint64_t count(Call call, std::string_view name_end = {}) const;
  [[nodiscard]] std::uint64_t changes() const;  // calls that change the disk; counted whether recorded or not
  void note(std::string words);                 // into calls()
  void forget_calls();

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace crawlspool::test
