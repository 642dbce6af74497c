// Who sends a request's records, and their numbers in its session. Source: PROTOCOL.md, "HTTP".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "daemon/inputs/http/request_parser.h"
#include "daemon/spool/lines/line.h"
#include "daemon/spool/lines/sessions.h"

namespace crawlspool::http {

struct RequestSession {
  spool::SessionKey key = 0;
  std::uint64_t first_seq = 1;  // of the request's first record
  std::uint64_t from = 1;       // the lowest number the client may still send
};

struct RequestClient {
  spool::ClientNames names;  // with the session's digits
  std::optional<RequestSession> session;
};

// The error says in words which field is wrong.
[[nodiscard]] tl::expected<RequestClient, std::string> read_client(const ClientFields& fields);

}  // namespace crawlspool::http
