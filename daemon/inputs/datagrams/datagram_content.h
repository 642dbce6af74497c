// Says what a datagram holds: a record as it is, one that is compressed, or a piece of a chunked GELF message.
// Source: PROTOCOL.md, "Datagrams".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/intake/content_decoder.h"
#include "daemon/intake/turn_budget.h"
#include "daemon/json/record_checker.h"

namespace crawlspool::datagrams {

// What is compressed may become so many bytes, where limits.record_bytes_max does not say fewer.
inline constexpr std::uint64_t kDecompressedBytesMax = std::uint64_t{1024} * 1024;

enum class Content { kPlain, kGzip, kZlib, kGelfChunk };

// By its first bytes, with which no JSON text begins.
[[nodiscard]] Content content_of(std::string_view datagram);

[[nodiscard]] json::RejectReason gelf_chunk_reason();

// Holds a record that was decompressed, with padding readable behind it, or why it is none.
struct Decompressed {
  std::string record;
  std::optional<json::RejectReason> reject;
};

// Decompresses what is kGzip or kZlib, whatever is left of the turn: what one datagram can cost is bounded.
[[nodiscard]] Decompressed decompress(Content content, std::string_view datagram, std::uint64_t record_bytes_max,
                                      intake::TurnBudget& budget);

}  // namespace crawlspool::datagrams
