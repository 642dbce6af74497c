// Owns the file of a session's state, which is locked while a process uses it and replaced in one step, so that a crash
// leaves the old or the new state whole. Only its owner may read it (0600): the session in it is a secret.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cli/common/input_file.h"
#include "daemon/base/error.h"
#include "daemon/base/unique_fd.h"

namespace crawlspool::cli {

// What has to be known to go on with a session in another process: one line of JSON, with its CRC-32 at the end.
//
//   {"format":1,"session":"5f3a9c12…","client":"worker-7","server":"127.0.0.1:8940",
//    "input":{"path":"/data/items.ndjson","device":2049,"inode":1234},
//    "acknowledged":{"number":5000,"offset":345678,"line":5012,"rejected":3},
//    "covered":{"bytes":67108864,"crc32":1234567890},"crc32":"8c736521"}                      (one line in the file)
struct SessionState {
  std::string session;
  std::string client;
  std::string server;
  std::string input_path;  // this and the next two are for messages
  std::uint64_t device = 0;
  std::uint64_t inode = 0;

  // Each line that is not blank has the number that follows the one before it, too large ones, too. All up to this one
  // is acknowledged.
  std::uint64_t number = 0;
  std::uint64_t offset = 0;    // where that record ends in the input
  std::uint64_t line = 0;      // how many lines there are up to it
  std::uint64_t rejected = 0;  // how many of those the server has rejected

  // Nothing behind it was ever sent.
  InputPrefix covered;

  bool operator==(const SessionState&) const = default;
};

[[nodiscard]] std::string render(const SessionState& state);
// Fails with kDamaged if the checksum does not match, and with kConfig if the format is not known. Does not name the
// file.
[[nodiscard]] base::Result<SessionState> parse_session_state(std::string_view text);

class SessionFile {
 public:
  // Makes the file if it is missing. Fails with kLocked if another process uses it, and as parse_session_state() does.
  [[nodiscard]] static base::Result<std::unique_ptr<SessionFile>> open(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  // Returns the state as it was found, or nothing for a new file.
  [[nodiscard]] const std::optional<SessionState>& found() const { return found_; }

  // Makes the state durable before it returns.
  [[nodiscard]] base::Result<void> save(const SessionState& state);

 private:
  explicit SessionFile(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] base::Result<bool> lock();
  [[nodiscard]] base::Result<void> load();
  [[nodiscard]] base::Result<void> sync_directory() const;

  std::string path_;
  base::UniqueFd locked_;  // the file that has the name
  std::optional<SessionState> found_;
};

}  // namespace crawlspool::cli
