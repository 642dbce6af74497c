// Sends rejected records once more, each in a frame of its own under its client's name, and tells each one's verdict.
// One connection: where it is lost, what is settled is known, and the rest is for another run.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cli/common/connection.h"
#include "cli/common/console.h"
#include "cli/rejected/lines.h"

namespace crawlspool::cli {

class RejectedReplay {
 public:
  struct Outcome {
    std::uint64_t stored = 0;
    std::uint64_t rejected = 0;  // again
  };
  // Of one client; all whole. The references outlive it. `stream` empty: none.
  RejectedReplay(const std::vector<RejectedLine>& lines, std::string stream, Console& console)
      : lines_(lines), stream_(std::move(stream)), console_(console) {}

  // Waits until every record is settled. Verdicts go to the console. Fails where the server ends it, or a stop is
  // requested; outcome() holds all the same.
  [[nodiscard]] base::Result<void> run(const Address& server);
  [[nodiscard]] const Outcome& outcome() const { return outcome_; }
  // Sent, perhaps, and their verdict is not known.
  [[nodiscard]] std::uint64_t unsettled() const { return lines_.size() - settled_; }

 private:
  void fill_output();
  [[nodiscard]] base::Result<void> move_bytes(Connection& connection);
  void received(const client::Reply& reply);

  const std::vector<RejectedLine>& lines_;
  std::string stream_;
  Console& console_;
  std::string output_;
  std::size_t taken_ = 0;    // lines that went into output_; a line's number is its index plus 1
  std::size_t settled_ = 0;  // lines
  Outcome outcome_;
  std::string last_words_;  // the server's, that end the connection
};

}  // namespace crawlspool::cli
