// The file of a session's state: locked while a process uses it, and replaced in one step, so that a crash leaves the
// old or the new state whole. For its owner's eyes only (0600): the session in it is a secret.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/send/session_state.h"
#include "daemon/base/error.h"
#include "daemon/base/unique_fd.h"

namespace crawlspool::cli {

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
