// The file of a session's state: locked while a process uses it, and replaced in one step, so that a crash leaves the
// old or the new state whole. For its owner's eyes only (0600): the session in it is a secret.
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

// What has to be known to go on with a session in another process: one line of JSON that proves itself by a CRC-32.
//
//   {"format":1,"session":"5f3a9c12…","client":"worker-7","server":"127.0.0.1:8940",
//    "input":{"path":"/data/items.ndjson","device":2049,"inode":1234},
//    "settled":{"number":5000,"offset":345678,"line":5012,"rejected":3},
//    "covered":{"bytes":67108864,"crc32":1234567890},"crc32":"8c736521"}                      (one line in the file)
struct SessionState {
  std::string session;
  std::string client;
  std::string server;
  std::string input_path;  // this and the next two for messages
  std::uint64_t device = 0;
  std::uint64_t inode = 0;

  // Each line that is not blank has the number that follows the one before it, too large ones, too. Up to here all is
  // settled.
  std::uint64_t number = 0;
  std::uint64_t offset = 0;    // of the input, behind that record
  std::uint64_t line = 0;      // lines up to there
  std::uint64_t rejected = 0;  // by the server, of those

  // Nothing behind it was ever sent.
  InputPrefix covered;

  bool operator==(const SessionState&) const = default;
};

[[nodiscard]] std::string render(const SessionState& state);
// kDamaged: it does not prove itself. kConfig: it is of a format that is not known. Both without naming the file.
[[nodiscard]] base::Result<SessionState> parse_session_state(std::string_view text);

class SessionFile {
 public:
  // Makes the file if it is missing. kLocked: another process uses it. kDamaged, kConfig: it does not say what to do.
  [[nodiscard]] static base::Result<std::unique_ptr<SessionFile>> open(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  // As it was found; nothing in a new one.
  [[nodiscard]] const std::optional<SessionState>& found() const { return found_; }

  // Durable when it returns.
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
