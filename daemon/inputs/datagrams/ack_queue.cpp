#include "daemon/inputs/datagrams/ack_queue.h"

#include "daemon/base/sha256.h"

namespace crawlspool::datagrams {
namespace {

constexpr std::size_t kShownBytes = 8;  // of the hash

}  // namespace

std::string ack_of(std::string_view datagram) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  const base::Sha256 hash = base::sha256(datagram);
  std::string text = R"({"ack":")";
  for (std::size_t i = 0; i < kShownBytes; ++i) {
    text += kHexDigits[hash.at(i) >> 4U];
    text += kHexDigits[hash.at(i) & 0xFU];
  }
  return text += R"("})";
}

}  // namespace crawlspool::datagrams
