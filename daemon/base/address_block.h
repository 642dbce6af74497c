// Holds blocks of IP addresses as values: "10.0.0.0/8", "2001:db8::/32", or one address, which is a block of its own.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "daemon/base/endpoint.h"
#include "daemon/base/error.h"

namespace crawlspool::base {

class AddressBlock {
 public:
  // kConfig says what is wrong with `text`: the form, the length of the prefix, or bits set behind it.
  [[nodiscard]] static Result<AddressBlock> parse(std::string_view text);

  // An IPv4 address that is mapped into IPv6 counts as IPv4. No unix socket is in any block.
  [[nodiscard]] bool contains(const Endpoint& endpoint) const;
  bool operator==(const AddressBlock&) const = default;

 private:
  std::array<unsigned char, 16> bytes_{};  // IPv4 as mapped into IPv6
  unsigned prefix_bits_ = 0;               // of these 128
};

[[nodiscard]] bool contains(const std::vector<AddressBlock>& blocks, const Endpoint& endpoint);

}  // namespace crawlspool::base
