// The disk as the spool sees it: a directory that it stays inside of, and files that are written at explicit offsets.
// The classes are virtual, so that tests can forget unsynced bytes, fail the Nth call and fill up. Errors carry the
// errno. Calls that a signal interrupts are made again; short writes are not: what a call wrote is what it returns.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/error.h"

namespace crawlspool::spool {

// Serves bytes at any offset: a file's own, or what a compressed one holds.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Returns how many bytes were read; fewer than asked for only at the end.
  [[nodiscard]] virtual base::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) = 0;
  [[nodiscard]] virtual base::Result<std::uint64_t> size() = 0;
};

class File : public ByteSource {
 public:
  // Writes a prefix of at most kWritePartsMax `parts`, laid end to end. Returns how many bytes, at least 1.
  [[nodiscard]] virtual base::Result<std::size_t> write_at(std::uint64_t offset,
                                                           std::span<const std::string_view> parts) = 0;
  [[nodiscard]] virtual base::Result<void> sync_data() = 0;  // fdatasync
  [[nodiscard]] virtual base::Result<void> sync() = 0;       // fsync
  [[nodiscard]] virtual base::Result<void> truncate(std::uint64_t size) = 0;
  // Reserves blocks without changing the size.
  [[nodiscard]] virtual base::Result<void> preallocate(std::uint64_t offset, std::uint64_t length) = 0;
  // Returns false once the file has no name any more: what is written to it is lost with the process.
  [[nodiscard]] virtual bool has_name() = 0;
  // Forgets cached pages that are clean, so that the next read comes from the disk.
  virtual void drop_cache() = 0;

  static constexpr std::size_t kWritePartsMax = 1024;  // IOV_MAX
};

enum class EntryKind { kFile, kDirectory, kOther };
struct DirectoryEntry {
  std::string name;
  EntryKind kind;
};

enum class OpenMode {
  kRead,
  kWrite,      // read and write, must exist
  kCreate,     // read and write, made if missing
  kCreateNew,  // read and write, must not exist
};

// Says who may write in a directory that is made.
enum class Access {
  kOwner,  // 0750
  kGroup,  // 2770
};

class Directory {
 public:
  virtual ~Directory() = default;

  // Never follows a link. Fails with kPermission for anything but a regular file.
  [[nodiscard]] virtual base::Result<std::unique_ptr<File>> open(const std::string& name, OpenMode mode) = 0;
  // Makes the directory if it is missing and syncs this one. Fails with kPermission for a link or anything else that is
  // no directory.
  [[nodiscard]] virtual base::Result<std::unique_ptr<Directory>> open_directory(const std::string& name,
                                                                                Access access = Access::kOwner) = 0;
  [[nodiscard]] virtual base::Result<std::vector<DirectoryEntry>> list() = 0;  // sorted by name
  [[nodiscard]] virtual base::Result<void> rename(const std::string& from, const std::string& to) = 0;
  [[nodiscard]] virtual base::Result<void> remove(const std::string& name) = 0;
  // Points the link `name` at `target`, replacing what was there in one step.
  [[nodiscard]] virtual base::Result<void> link_to(const std::string& target, const std::string& name) = 0;
  [[nodiscard]] virtual base::Result<void> sync() = 0;
  [[nodiscard]] virtual base::Result<std::uint64_t> free_bytes() = 0;  // for unprivileged writers
  // Takes the exclusive lock on the file `name` (made if missing) for this object's life and writes `holder` into it.
  // Fails with kLocked, and the holder's own words as context, if another has it.
  [[nodiscard]] virtual base::Result<void> lock(const std::string& name, std::string_view holder) = 0;
  // Fails with kLocked once the lock's file no longer has its name, or the directory its path: another process may have
  // taken the lock under that name. Succeeds where no lock was taken, and where nobody can say.
  [[nodiscard]] virtual base::Result<void> check_claim() = 0;
  [[nodiscard]] virtual std::string path() const = 0;
};

// Returns how many bytes all parts have together.
[[nodiscard]] std::size_t bytes_of(std::span<const std::string_view> parts);

// Writes all of `parts` from `offset` on. After an error an unknown prefix is there.
[[nodiscard]] base::Result<void> write_fully(File& file, std::uint64_t offset, std::span<const std::string_view> parts);

// Copies `bytes` of `from` at `offset` into `to` at `to_offset`. Returns how many: fewer where `from` ends. Syncs
// nothing.
[[nodiscard]] base::Result<std::uint64_t> copy_bytes(ByteSource& from, std::uint64_t offset, std::uint64_t bytes,
                                                     File& to, std::uint64_t to_offset);

// Returns a whole small file. Fails with kDamaged if it is longer than `bytes_max`.
[[nodiscard]] base::Result<std::string> read_small_file(Directory& directory, const std::string& name,
                                                        std::size_t bytes_max);

// Makes the file `name` with this content and syncs it, replacing what has the name. The directory is not synced.
[[nodiscard]] base::Result<void> write_new_file(Directory& directory, const std::string& name,
                                                std::string_view content);

// Replaces `name` by `content` so that a crash leaves the old or the new file whole: writes it beside, syncs it,
// renames it and syncs the directory.
[[nodiscard]] base::Result<void> replace_file(Directory& directory, const std::string& name, std::string_view content);

}  // namespace crawlspool::spool
