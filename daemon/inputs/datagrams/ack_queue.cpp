#include "daemon/inputs/datagrams/ack_queue.h"

#include <sha2.h>

#include <array>

namespace crawlspool::datagrams {
namespace {

constexpr std::size_t kShownBytes = 8;  // of the hash

}  // namespace

std::string ack_of(std::string_view datagram) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> hash{};
  SHA2_CTX context;
  SHA256Init(&context);
  SHA256Update(&context, reinterpret_cast<const std::uint8_t*>(datagram.data()), datagram.size());
  SHA256Final(hash.data(), &context);
  std::string text = R"({"ack":")";
  for (std::size_t i = 0; i < kShownBytes; ++i) {
    text += kHexDigits[hash.at(i) >> 4U];
    text += kHexDigits[hash.at(i) & 0xFU];
  }
  return text += R"("})";
}

}  // namespace crawlspool::datagrams
