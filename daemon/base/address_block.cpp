#include "daemon/base/address_block.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>

namespace crawlspool::base {
namespace {

using Bytes = std::array<unsigned char, 16>;

constexpr unsigned kMappedBits = 96;  // before an IPv4 address that is mapped into IPv6

Bytes mapped(const in_addr& v4) {
  Bytes bytes{};
  bytes[10] = bytes[11] = 0xff;
  std::memcpy(&bytes[12], &v4, sizeof v4);
  return bytes;
}

std::optional<Bytes> bytes_of(const Endpoint& endpoint) {
  if (endpoint.family() == AF_INET) return mapped(reinterpret_cast<const sockaddr_in*>(endpoint.address())->sin_addr);
  if (endpoint.family() != AF_INET6) return std::nullopt;
  Bytes bytes{};
  std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(endpoint.address())->sin6_addr, bytes.size());
  return bytes;
}

// Returns whether the first `bits` are the same.
bool share_prefix(const Bytes& a, const Bytes& b, unsigned bits) {
  const unsigned whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  if (bits % 8 == 0) return true;
  const unsigned mask = 0xffU << (8 - bits % 8);
  return ((a.at(whole) ^ b.at(whole)) & mask & 0xffU) == 0;
}

bool is_zero_behind(const Bytes& bytes, unsigned bits) {
  for (unsigned bit = bits; bit < bytes.size() * 8; ++bit)
    if ((bytes.at(bit / 8) >> (7 - bit % 8) & 1U) != 0) return false;
  return true;
}

}  // namespace

Result<AddressBlock> AddressBlock::parse(std::string_view text) {
  const auto bad = [text](const std::string& why) {
    return fail(ErrorCode::kConfig, "'" + std::string(text) + "' " + why);
  };
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  AddressBlock block;
  in_addr v4{};
  unsigned bits_max = 128;
  if (address.find('\0') != std::string::npos) return bad("has a bad address");  // inet_pton would stop there
  if (::inet_pton(AF_INET, address.c_str(), &v4) == 1) {
    block.bytes_ = mapped(v4);
    bits_max = 32;
  } else if (::inet_pton(AF_INET6, address.c_str(), block.bytes_.data()) != 1) {
    return bad("is no address or block of addresses: write 10.0.0.7, 10.0.0.0/8 or 2001:db8::/32");
  }
  unsigned bits = bits_max;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc{} || end != digits.data() + digits.size() || bits > bits_max)
      return bad("needs a prefix of 0 to " + std::to_string(bits_max) + " bits behind the slash");
  }
  block.prefix_bits_ = bits_max == 32 ? kMappedBits + bits : bits;
  if (!is_zero_behind(block.bytes_, block.prefix_bits_))
    return bad("has bits set behind its prefix: it is no whole block of addresses");
  return block;
}

bool AddressBlock::contains(const Endpoint& endpoint) const {
  const auto bytes = bytes_of(endpoint);
  return bytes && share_prefix(*bytes, bytes_, prefix_bits_);
}

bool contains(const std::vector<AddressBlock>& blocks, const Endpoint& endpoint) {
  return std::any_of(blocks.begin(), blocks.end(), [&](const AddressBlock& block) { return block.contains(endpoint); });
}

}  // namespace crawlspool::base
