#include "daemon/inputs/redis/resp_replies.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "daemon/base/text.h"

namespace crawlspool::redis {
namespace {

constexpr std::string_view kEnd = "\r\n";

void append_head(std::string& out, char sign, std::uint64_t number) {
  if (number < 10) {
    const std::array<char, 4> whole{sign, static_cast<char>('0' + number), '\r', '\n'};
    out.append(whole.data(), whole.size());
    return;
  }
  std::array<char, 20> digits{};
  auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out += sign;
  out.append(digits.data(), end).append(kEnd);
}

}  // namespace

void append_simple(std::string& out, std::string_view text) { ((out += '+') += text) += kEnd; }

void append_integer(std::string& out, std::uint64_t number) { append_head(out, ':', number); }

void append_bulk(std::string& out, std::string_view text) {
  append_head(out, '$', text.size());
  (out += text) += kEnd;
}

void append_nothing(std::string& out, RespVersion version) { out += version == RespVersion::k3 ? "_\r\n" : "$-1\r\n"; }

void append_array_head(std::string& out, std::uint64_t members) { append_head(out, '*', members); }

void append_map_head(std::string& out, std::uint64_t pairs, RespVersion version) {
  if (version == RespVersion::k3)
    append_head(out, '%', pairs);
  else
    append_head(out, '*', 2 * pairs);
}

void append_error(std::string& out, std::string_view text) {
  out += '-';
  const std::size_t start = out.size();
  out += base::clip(text, kErrorBytesMax);
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(start), out.end(),
      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, ' ');
  out += kEnd;
}

void append_refusal(std::string& out, std::string_view code, std::string_view detail) {
  std::string text = "ERR crawlspool ";
  append_error(out, ((text += code) += ' ') += detail);
}

}  // namespace crawlspool::redis
