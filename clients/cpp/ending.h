// How a connection's end is to be taken: which words of the server are final, and which pass.
// Source: PROTOCOL.md, "goodbye" and "error".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "clients/cpp/reply.h"

namespace crawlspool::client {

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

}  // namespace crawlspool::client
