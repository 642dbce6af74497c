#include "daemon/base/authority.h"

#include <arpa/inet.h>

#include <algorithm>
#include <string>

namespace crawlspool::base {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool is_name_character(char c) {
  constexpr std::string_view kOthers = "-._~!$&'()*+,;=";  // of "unreserved" and "sub-delims"
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || kOthers.find(c) != std::string_view::npos;
}

bool is_name(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_name_character(text[i])) continue;
    if (text[i] != '%' || text.size() - i < 3 || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
    i += 2;
  }
  return !text.empty();
}

bool is_of_family(int family, std::string_view text) {
  in6_addr address{};  // large enough for either
  return text.find('\0') == std::string_view::npos && ::inet_pton(family, std::string(text).c_str(), &address) == 1;
}

bool is_bracketed_v6(std::string_view host) {
  return host.starts_with('[') && host.ends_with(']') && is_of_family(AF_INET6, host.substr(1, host.size() - 2));
}

}  // namespace

std::optional<Authority> parse_authority(std::string_view text) {
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  const std::size_t colon = text.find(':', bracket);
  const Authority authority{text.substr(0, colon),
                            colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1)};
  if (!is_name(authority.host) && !is_bracketed_v6(authority.host)) return std::nullopt;
  if (!std::all_of(authority.port.begin(), authority.port.end(), is_digit)) return std::nullopt;
  return authority;
}

bool is_address(std::string_view host) { return is_bracketed_v6(host) || is_of_family(AF_INET, host); }

}  // namespace crawlspool::base
