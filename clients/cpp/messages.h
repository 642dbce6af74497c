// Writes what a client says of itself first, and reads what the server says, as far as a client that sends records
// understands it. Source: PROTOCOL.md, "Hello" and "What the server sends".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/hello.h"

namespace crawlspool::client {

struct Welcome {
  std::uint64_t last_seq = 0;
  bool known = true;
  std::uint64_t rejected = 0;
  bool acks_are_synced = true;
  // These are 0 where the server names none.
  std::uint64_t record_bytes_max = 0;
  std::uint64_t batch_bytes_max = 0;
  std::uint64_t batch_records_max = 0;
};

struct Reply {
  enum class Kind { kWelcome, kAck, kReject, kPing, kSlow, kResume, kGoodbye, kError, kOther };

  Kind kind = Kind::kOther;          // kOther is another message, or none at all, and ignored
  std::optional<std::uint64_t> seq;  // set in kAck and kReject, and in kError if one frame is to blame
  std::string word;                  // code or reason
  std::string detail;
  std::optional<std::uint64_t> offset;             // kReject: the byte in the record, if it is known
  std::optional<std::int64_t> reconnect_after_ms;  // kGoodbye, kError
  std::string payload;                             // kPing: one JSON value, or empty
  Welcome welcome;                                 // kWelcome
};

[[nodiscard]] Reply parse_reply(std::string_view payload);

// Says how to take a connection's end: which words of the server are final, and which pass. Source: PROTOCOL.md,
// "goodbye" and "error".
struct Ending {
  enum class Kind {
    kFinal,   // another connection would end the same way
    kLater,   // the client tries again after a while
    kAtOnce,  // the client tries again now, as it has learnt something
  };
  Kind kind = Kind::kLater;
  std::string why;  // is for people, as the server said it, so it has to be escaped; empty where there is no news
  std::int64_t reconnect_after_ms = 0;  // at least

  // Judges a kGoodbye or kError by its words alone: whether a refused frame can be done without is for the caller to
  // say.
  [[nodiscard]] static Ending of(const Reply& end);
};

// Returns whether the frame of the error's `seq` is to blame, so that a connection without it may succeed.
[[nodiscard]] bool blames_a_frame(const Reply& end);

// Returns "word: detail".
[[nodiscard]] std::string with_detail(const Reply& reply);

// Appends one whole hello frame, with those members that are set.
void append_hello(std::string& out, const proto::Hello& hello);

// Makes `host` into a client name: what a name cannot hold becomes '-'.
[[nodiscard]] std::string fit_client_name(std::string_view host);

// Returns 32 hex digits from the system's random source; waits for it where the system has just started.
[[nodiscard]] std::string new_session();

}  // namespace crawlspool::client
