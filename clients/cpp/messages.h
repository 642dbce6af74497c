// What the server says, as far as a client that sends records understands it. Source: PROTOCOL.md, "What the server
// sends".
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
  // 0: the server names none.
  std::uint64_t record_bytes_max = 0;
  std::uint64_t batch_bytes_max = 0;
  std::uint64_t batch_records_max = 0;
};

struct Reply {
  enum class Kind { kWelcome, kAck, kReject, kPing, kSlow, kResume, kGoodbye, kError, kOther };

  Kind kind = Kind::kOther;          // kOther: another message, or none at all; to be ignored
  std::optional<std::uint64_t> seq;  // kAck, kReject: always; kError: if one frame is to blame
  std::string word;                  // code or reason
  std::string detail;
  std::optional<std::uint64_t> offset;             // kReject: byte in the record, if known
  std::optional<std::int64_t> reconnect_after_ms;  // kGoodbye, kError
  std::string payload;                             // kPing: one JSON value, or empty
  Welcome welcome;                                 // kWelcome
};

[[nodiscard]] Reply parse_reply(std::string_view payload);

// How a connection's end is to be taken: which words of the server are final, and which pass. Source: PROTOCOL.md,
// "goodbye" and "error".
struct Ending {
  enum class Kind {
    kFinal,   // coming again would end the same way
    kLater,   // to be tried again after a while
    kAtOnce,  // to be tried again now: something has been learnt
  };
  Kind kind = Kind::kLater;
  std::string why;                      // for people, as the server said it: to be escaped; empty: no news
  std::int64_t reconnect_after_ms = 0;  // at least

  // By its words alone: whether a refused frame can be done without is for the caller to say.
  [[nodiscard]] static Ending of(const Reply& end);  // kGoodbye or kError
};

// The frame of the error's `seq` is to blame, and the same connection without it may do.
[[nodiscard]] bool blames_a_frame(const Reply& end);

[[nodiscard]] std::string with_detail(const Reply& reply);  // "word: detail"

// Appends one whole hello frame. Members that are not set are left out.
void append_hello(std::string& out, const proto::Hello& hello);

// `host` made into a client name: what a name cannot hold becomes '-'.
[[nodiscard]] std::string fit_client_name(std::string_view host);

// 32 hex digits from the system's random source; waits for it where the system has just started.
[[nodiscard]] std::string new_session();

}  // namespace crawlspool::client
