#include "daemon/intake/charset_table.h"

#include <iconv.h>

#include <utility>

namespace crawlspool::intake {
namespace {

constexpr std::size_t kBytes = 256;
constexpr char kThreeBytesLead = '\x8F';
// GB18030's four bytes count like digits of 126, 10, 126 and 10 values; the supplementary planes stand in a row from
// 0x90 on.
constexpr std::size_t kFourFirst = 0x81;
constexpr std::size_t kDigitFirst = 0x30;
constexpr std::size_t kBasicFours = 39420;           // 81308130 to 8431A439: the last one is U+FFFF
constexpr std::size_t kSupplementaryFirst = 189000;  // 90308130
constexpr std::size_t kSupplementary = 0x100000;

void* no_codec() { return reinterpret_cast<void*>(-1); }  // NOLINT(performance-no-int-to-ptr): as iconv(3) says it

char byte_char(std::size_t value) { return static_cast<char>(static_cast<unsigned char>(value)); }

bool is_in(char c, std::size_t first, std::size_t last) {
  const auto value = static_cast<unsigned char>(c);
  return value >= first && value <= last;
}

bool are_four(std::string_view bytes) {
  return bytes.size() >= 4 && is_in(bytes[0], kFourFirst, 0xFE) && is_in(bytes[1], kDigitFirst, 0x39) &&
         is_in(bytes[2], kFourFirst, 0xFE) && is_in(bytes[3], kDigitFirst, 0x39);
}

std::size_t four_number(std::string_view bytes) {
  const auto digit = [&bytes](std::size_t at, std::size_t first) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes[at])) - first;
  };
  return ((digit(0, kFourFirst) * 10 + digit(1, kDigitFirst)) * 126 + digit(2, kFourFirst)) * 10 +
         digit(3, kDigitFirst);
}

std::array<char, 4> four_bytes(std::size_t number) {
  return {byte_char(kFourFirst + number / 12600), byte_char(kDigitFirst + number / 1260 % 10),
          byte_char(kFourFirst + number / 10 % 126), byte_char(kDigitFirst + number % 10)};
}

}  // namespace

Codec::Codec(const char* name) : handle_(::iconv_open("UCS-4LE", name)) {}

Codec::~Codec() {
  if (is_open()) ::iconv_close(handle_);
}

Codec::Codec(Codec&& other) noexcept : handle_(std::exchange(other.handle_, no_codec())) {}

bool Codec::is_open() const { return handle_ != no_codec(); }

// Some codecs hold a character back that the next one may compose with: the flush brings it out.
char32_t Codec::character(std::string_view bytes) {
  std::array<char, 8> made{};
  char* in = const_cast<char*>(bytes.data());  // iconv reads it only
  char* out = made.data();
  std::size_t in_left = bytes.size();
  std::size_t out_left = made.size();
  ::iconv(handle_, nullptr, nullptr, nullptr, nullptr);
  const bool is_whole = ::iconv(handle_, &in, &in_left, &out, &out_left) != static_cast<std::size_t>(-1) &&
                        ::iconv(handle_, nullptr, nullptr, &out, &out_left) != static_cast<std::size_t>(-1);
  if (!is_whole || made.size() - out_left != sizeof(char32_t)) return 0;
  char32_t code = 0;
  for (std::size_t i = sizeof code; i-- > 0;) code = code << 8U | static_cast<unsigned char>(made[i]);
  const bool is_c1 = code >= 0x80 && code < 0xA0;
  return is_c1 ? U'\0' : code;
}

CharsetTable::CharsetTable(proto::CharsetKind kind, Codec& codec) {
  for (std::size_t lead = 0; lead < kHigh; ++lead) {
    const char one = byte_char(kHigh + lead);
    ones_[lead] = codec.character({&one, 1});
  }
  if (kind == proto::CharsetKind::kSingleByte) return;
  twos_.resize(kHigh * kBytes);
  for (std::size_t at = 0; at < twos_.size(); ++at) {
    if (ones_[at / kBytes] != 0) continue;
    const std::array<char, 2> two{byte_char(kHigh + at / kBytes), byte_char(at % kBytes)};
    twos_[at] = codec.character({two.data(), two.size()});
    if (twos_[at] != 0) leads_.set(at / kBytes);
  }
  read_threes(codec);
  read_fours(codec);
}

void CharsetTable::read_threes(Codec& codec) {
  if (leads_[high(kThreeBytesLead)] || ones_[high(kThreeBytesLead)] != 0) return;
  std::vector<char32_t> threes(kHigh * kHigh);
  bool has_any = false;
  for (std::size_t at = 0; at < threes.size(); ++at) {
    const std::array<char, 3> three{kThreeBytesLead, byte_char(kHigh + at / kHigh), byte_char(kHigh + at % kHigh)};
    threes[at] = codec.character({three.data(), three.size()});
    has_any = has_any || threes[at] != 0;
  }
  if (!has_any) return;
  threes_ = std::move(threes);
  leads_.set(high(kThreeBytesLead));
}

void CharsetTable::read_fours(Codec& codec) {
  const auto last = four_bytes(kBasicFours - 1);
  if (codec.character({last.data(), last.size()}) == 0) return;
  fours_.resize(kBasicFours);
  for (std::size_t number = 0; number < kBasicFours; ++number) {
    const auto four = four_bytes(number);
    fours_[number] = codec.character({four.data(), four.size()});
  }
  for (std::size_t lead = 1; lead < kHigh - 1; ++lead) leads_.set(lead);
}

CharsetTable::Character CharsetTable::read_long(std::string_view bytes) const {
  if (!threes_.empty() && bytes[0] == kThreeBytesLead && bytes.size() >= 3) {
    if (byte(bytes[1]) < kHigh || byte(bytes[2]) < kHigh) return {};
    const char32_t code = threes_[high(bytes[1]) * kHigh + high(bytes[2])];
    return code == 0 ? Character{} : Character{code, 3};
  }
  if (fours_.empty() || !are_four(bytes)) return {};
  const std::size_t number = four_number(bytes);
  if (number < kBasicFours) return fours_[number] == 0 ? Character{} : Character{fours_[number], 4};
  if (number < kSupplementaryFirst || number >= kSupplementaryFirst + kSupplementary) return {};
  return {static_cast<char32_t>(0x10000 + number - kSupplementaryFirst), 4};
}

}  // namespace crawlspool::intake
