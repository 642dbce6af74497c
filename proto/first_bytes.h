// Recognises clients that speak something else to the stream port, so that the refusal can name it.
// Looks at the first bytes of a connection only.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace crawlspool::proto {

// `header`: the connection's first 4 bytes; `behind`: what has come behind them so far, maybe nothing. What they look
// like, in words for the `wrong_protocol` detail, or nothing if it may be a frame. `is_legal`: as it stands, the header
// is of a known type and within its limit. A length above `record_bytes_max` is not plausible.
[[nodiscard]] std::optional<std::string_view> recognise_header(std::string_view header, std::string_view behind,
                                                               bool is_legal, std::uint64_t record_bytes_max);

// The same for the start of the first record's payload, where the header alone is valid by chance.
[[nodiscard]] std::optional<std::string_view> recognise_payload(std::string_view payload);

}  // namespace crawlspool::proto
