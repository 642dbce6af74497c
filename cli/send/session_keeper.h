// Keeps a session across processes: before a record goes out, the session and a CRC-32 of the input up to that record
// are durable; how far all is acknowledged is written down now and then. An older state is harmless, as the server
// skips what it has by its number: only the same records under the same numbers matter, and that is what is checked, by
// the CRC-32. Which file it is by device and inode does not matter: those change with a mount, a copy or a container.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/common/input_file.h"
#include "cli/common/record_source.h"
#include "cli/send/session_file.h"
#include "clients/cpp/send_session.h"
#include "daemon/base/error.h"

namespace crawlspool::cli {

class SessionKeeper {
 public:
  struct Request {
    std::string session_file;
    std::string input;
    std::optional<std::string> client;  // nothing for the session's own, or `default_client` in a new one
    std::string default_client;
    std::string server;
  };
  // Locks the session file and finds out where to go on. Fails where the file does not say, or where the input is not
  // the one that was sent.
  [[nodiscard]] static base::Result<std::unique_ptr<SessionKeeper>> open(const Request& request);

  // Sets the members that say where to go on.
  void apply_to(client::SessionSettings& settings) const;
  [[nodiscard]] base::Result<void> begin(RecordSource& source) const;

  // Is called before the record that ends at `end_offset` of the input may be sent.
  [[nodiscard]] base::Result<void> cover(std::uint64_t end_offset);
  // Returns whether an earlier process may have sent that record.
  [[nodiscard]] bool was_covered(std::uint64_t end_offset) const { return end_offset <= covered_before_; }

  // The server has taken the session and acknowledged so much, which is saved at most once a second.
  [[nodiscard]] base::Result<void> keep(const client::SendSession::Acknowledged& acknowledged, std::int64_t now_us);
  // Says what may have been sent behind the last acknowledged record, by anyone or by this process.
  enum class SentBehind { kNothing, kNothingByUs, kSomething };
  [[nodiscard]] base::Result<void> finish(const client::SendSession::Acknowledged& acknowledged, SentBehind behind);

 private:
  SessionKeeper(std::unique_ptr<SessionFile> file, InputFile input)
      : file_(std::move(file)), input_(std::move(input)) {}
  [[nodiscard]] base::Result<void> take_up(const Request& request);
  [[nodiscard]] base::Result<void> check_identity(const Request& request) const;
  [[nodiscard]] base::Result<void> check_sent_part();
  [[nodiscard]] base::Result<void> check_last_line();
  [[nodiscard]] tl::unexpected<base::Error> differs(const std::string& how) const;
  void note(const client::SendSession::Acknowledged& acknowledged);
  [[nodiscard]] base::Result<void> uncover(std::uint64_t bytes);
  [[nodiscard]] base::Result<void> save();

  std::unique_ptr<SessionFile> file_;
  InputFile input_;
  std::string server_;  // the one that is sent to
  SessionState state_;
  SessionState saved_;  // as it stands in the file
  std::uint64_t covered_before_ = 0;
  std::uint64_t lines_before_ = 0;  // how many there are before state_.offset, where reading begins
  bool is_same_file_ = true;        // says whether device and inode match, for messages: they change without the file
  std::vector<InputPrefix> prefixes_;  // holds all that were covered one after the other, to go back to
  std::int64_t saved_us_ = 0;
};

}  // namespace crawlspool::cli
