// SHA-256 of some bytes. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace crawlspool::base {

using Sha256 = std::array<std::uint8_t, 32>;

[[nodiscard]] Sha256 sha256(std::string_view bytes);

}  // namespace crawlspool::base
