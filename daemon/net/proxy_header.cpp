#include "daemon/net/proxy_header.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <boost/crc.hpp>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace crawlspool::net {
namespace {

constexpr std::string_view kLineStart = "PROXY ";
constexpr std::size_t kLineBytesMax = 107;  // with its CR and LF
constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kFixedBytes = 16;  // signature, command, family, length
constexpr std::string_view kNoHeader =
    "no PROXY header came first: this port takes connections from balancers that send one";

constexpr unsigned char kLocal = 0x20;  // version 2, and the command
constexpr unsigned char kProxy = 0x21;
constexpr unsigned char kChecksumType = 0x03;
constexpr std::size_t kFieldHead = 3;  // type and length

unsigned char byte_at(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

std::size_t length_at(std::string_view bytes, std::size_t at) {
  return std::size_t{byte_at(bytes, at)} << 8 | byte_at(bytes, at + 1);
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool has_leading_zero = text.size() > 1 && text.front() == '0';
  if (error != std::errc{} || end != text.data() + text.size() || has_leading_zero) return std::nullopt;
  return port;
}

base::Endpoint endpoint_of(const in_addr& address, std::uint16_t port) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr = address;
  v4.sin_port = htons(port);
  return {reinterpret_cast<const sockaddr*>(&v4), sizeof v4};
}

base::Endpoint endpoint_of(const in6_addr& address, std::uint16_t port) {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = address;
  v6.sin6_port = htons(port);
  return {reinterpret_cast<const sockaddr*>(&v6), sizeof v6};
}

// Nothing where `text` is no address of this kind.
template <class Address>
std::optional<base::Endpoint> endpoint_of(int family, std::string_view text, std::uint16_t port) {
  Address address{};
  if (::inet_pton(family, std::string(text).c_str(), &address) != 1) return std::nullopt;
  return endpoint_of(address, port);
}

std::optional<base::Endpoint> endpoint_of(bool is_v6, std::string_view text, std::uint16_t port) {
  return is_v6 ? endpoint_of<in6_addr>(AF_INET6, text, port) : endpoint_of<in_addr>(AF_INET, text, port);
}

// Takes the text up to the next space off `rest`.
std::string_view next_word(std::string_view& rest) {
  const std::size_t end = rest.find(' ');
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return word;
}

// Returns whether the fields behind the addresses are whole, and the checksum, where there is one, matches.
bool fields_are_sound(std::string_view header, std::size_t at) {
  std::optional<std::size_t> checksum_at;
  while (at < header.size()) {
    if (header.size() - at < kFieldHead) return false;
    const std::size_t length = length_at(header, at + 1);
    if (header.size() - at - kFieldHead < length) return false;
    if (byte_at(header, at) == kChecksumType) {
      if (length != sizeof(std::uint32_t)) return false;
      checksum_at = at + kFieldHead;
    }
    at += kFieldHead + length;
  }
  if (!checksum_at) return true;
  std::uint32_t claimed = 0;
  std::memcpy(&claimed, header.data() + *checksum_at, sizeof claimed);
  std::string zeroed(header);
  zeroed.replace(*checksum_at, sizeof claimed, sizeof claimed, '\0');
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc32c;
  crc32c.process_bytes(zeroed.data(), zeroed.size());
  return crc32c.checksum() == ntohl(claimed);
}

}  // namespace

ProxyHeaderDecoder::Step ProxyHeaderDecoder::refuse(std::string_view why) {
  detail_ = why;
  return Step::kRefused;
}

ProxyHeaderDecoder::Step ProxyHeaderDecoder::next(std::string_view& input) {
  if (received_.empty() && input.empty()) return Step::kNeedMore;
  const char first = received_.empty() ? input.front() : received_.front();
  if (first == kLineStart.front()) return take_line(input);
  if (first == kSignature.front()) return take_binary(input);
  return refuse(kNoHeader);
}

// ---- version 1 ----

ProxyHeaderDecoder::Step ProxyHeaderDecoder::take_line(std::string_view& input) {
  const std::size_t end = input.find('\n');
  const std::size_t wanted = end == std::string_view::npos ? input.size() : end + 1;
  const std::size_t taken = std::min(wanted, kLineBytesMax - received_.size());
  received_ += input.substr(0, taken);
  input.remove_prefix(taken);
  const std::size_t start = std::min(received_.size(), kLineStart.size());
  if (received_.compare(0, start, kLineStart, 0, start) != 0) return refuse(kNoHeader);
  if (received_.back() == '\n') return read_line(received_);
  return received_.size() < kLineBytesMax ? Step::kNeedMore : refuse("a PROXY line is longer than 107 bytes");
}

ProxyHeaderDecoder::Step ProxyHeaderDecoder::read_line(std::string_view line) {
  if (!line.ends_with("\r\n")) return refuse("a PROXY line ends without CR and LF");
  std::string_view rest = line.substr(kLineStart.size(), line.size() - kLineStart.size() - 2);
  const std::string_view family = next_word(rest);
  if (family == "UNKNOWN") return Step::kDone;
  if (family != "TCP4" && family != "TCP6") return refuse("a PROXY line names neither TCP4 nor TCP6 nor UNKNOWN");
  const bool is_v6 = family == "TCP6";
  const std::string_view source = next_word(rest);
  const std::string_view destination = next_word(rest);
  const auto source_port = port_of(next_word(rest));
  const auto destination_port = port_of(rest);
  if (!source_port || !destination_port) return refuse("a PROXY line has a bad port");
  source_ = endpoint_of(is_v6, source, *source_port);
  if (!source_ || !endpoint_of(is_v6, destination, *destination_port)) {
    source_.reset();
    return refuse("a PROXY line has a bad address");
  }
  return Step::kDone;
}

// ---- version 2 ----

ProxyHeaderDecoder::Step ProxyHeaderDecoder::take_binary(std::string_view& input) {
  const auto take_up_to = [&](std::size_t bytes) {
    const std::size_t taken = std::min(input.size(), bytes - received_.size());
    received_ += input.substr(0, taken);
    input.remove_prefix(taken);
    return received_.size() == bytes;
  };
  if (received_.size() < kFixedBytes) {
    const bool is_whole = take_up_to(kFixedBytes);
    const std::size_t start = std::min(received_.size(), kSignature.size());
    if (received_.compare(0, start, kSignature, 0, start) != 0) return refuse(kNoHeader);
    if (!is_whole) return Step::kNeedMore;
  }
  const std::size_t bytes = kFixedBytes + length_at(received_, kFixedBytes - 2);
  if (bytes > kBytesMax) return refuse("a PROXY header is longer than 4096 bytes");
  return take_up_to(bytes) ? read_binary() : Step::kNeedMore;
}

ProxyHeaderDecoder::Step ProxyHeaderDecoder::read_binary() {
  constexpr std::size_t kUnixBytes = 216;
  const std::string_view header = received_;
  const unsigned char command = byte_at(header, kSignature.size());
  const unsigned char family = byte_at(header, kSignature.size() + 1);
  if (command == kLocal) return Step::kDone;
  if (command != kProxy) return refuse("a PROXY header has an unknown version or command");
  std::size_t address_bytes = 0;
  switch (family) {
    case 0x00:
      return Step::kDone;  // what follows is of no form that is known
    case 0x11:
      address_bytes = 2 * (sizeof(in_addr) + sizeof(std::uint16_t));
      break;
    case 0x21:
      address_bytes = 2 * (sizeof(in6_addr) + sizeof(std::uint16_t));
      break;
    case 0x31:
      address_bytes = kUnixBytes;
      break;
    default:
      return refuse("a PROXY header is of no stream of IPv4, IPv6 or unix");
  }
  if (header.size() - kFixedBytes < address_bytes) return refuse("a PROXY header is too short for its addresses");
  if (!fields_are_sound(header, kFixedBytes + address_bytes))
    return refuse("a PROXY header has fields that are cut off, or its checksum does not match");
  const auto address_of = [&]<class Address>(Address address) {
    std::memcpy(&address, header.data() + kFixedBytes, sizeof address);
    return endpoint_of(address, static_cast<std::uint16_t>(length_at(header, kFixedBytes + 2 * sizeof address)));
  };
  if (family == 0x11) source_ = address_of(in_addr{});
  if (family == 0x21) source_ = address_of(in6_addr{});
  return Step::kDone;
}

}  // namespace crawlspool::net
