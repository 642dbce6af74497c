// Whether the numbers of each session's records rise with position, as they are taken in. Keeps one number a session.
// Source: FORMAT.md, "Sessions".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "daemon/spool/lines/line.h"
#include "daemon/spool/lines/sessions.h"

namespace crawlspool::spool {

class SequenceCheck {
 public:
  struct Fall {
    SessionKey session;
    std::uint64_t seq;
    std::uint64_t before;  // at least as high, and earlier in the spool
  };

  // The next sound line, in order of position. A line without session or seq is none of this.
  [[nodiscard]] std::optional<Fall> add(std::string_view envelope);

  [[nodiscard]] std::size_t sessions() const { return last_.size(); }

 private:
  std::unordered_map<SessionKey, std::uint64_t> last_;
};

}  // namespace crawlspool::spool
