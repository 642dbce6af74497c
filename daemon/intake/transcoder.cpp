#include "daemon/intake/transcoder.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "proto/frame_decoder.h"

namespace crawlspool::intake {
namespace {

using proto::CharsetKind;

constexpr std::size_t kWidthMax = 3;      // bytes of UTF-8 that one byte can become
constexpr std::size_t kCharacterMax = 4;  // bytes of UTF-8 a character
constexpr char32_t kReplacement = 0xFFFD;

std::uint64_t load_word(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

constexpr std::uint64_t kHighBits = 0x8080808080808080U;

// Returns how many bytes at the front of `text` are ASCII.
std::size_t ascii_bytes(std::string_view text) {
  constexpr std::size_t kStep = 4 * sizeof(std::uint64_t);
  std::size_t at = 0;
  while (text.size() - at >= kStep) {
    const char* const here = text.data() + at;
    if (((load_word(here) | load_word(here + 8) | load_word(here + 16) | load_word(here + 24)) & kHighBits) != 0) break;
    at += kStep;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

char* put(char* out, char32_t code) {
  const auto byte = [](char32_t bits) { return static_cast<char>(static_cast<unsigned char>(bits)); };
  if (code < 0x80) {
    *out++ = byte(code);
  } else if (code < 0x800) {
    *out++ = byte(0xC0 | code >> 6U);
    *out++ = byte(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    *out++ = byte(0xE0 | code >> 12U);
    *out++ = byte(0x80 | (code >> 6U & 0x3F));
    *out++ = byte(0x80 | (code & 0x3F));
  } else {
    *out++ = byte(0xF0 | code >> 18U);
    *out++ = byte(0x80 | (code >> 12U & 0x3F));
    *out++ = byte(0x80 | (code >> 6U & 0x3F));
    *out++ = byte(0x80 | (code & 0x3F));
  }
  return out;
}

// Says what a run of decoding has done.
struct Run {
  std::size_t read = 0;
  std::size_t written = 0;
  std::uint64_t replaced = 0;
  bool is_stuck = false;  // what is at `read` cannot be decoded
};

// A charset that has ASCII in it, by its table.
class ByTable {
 public:
  explicit ByTable(const CharsetTable& table) : table_(table) {}
  [[nodiscard]] std::size_t plain_bytes(std::string_view text) const {
    return static_cast<unsigned char>(text[0]) < 0x80 ? ascii_bytes(text) : 0;
  }
  [[nodiscard]] CharsetTable::Character read(std::string_view text) const { return table_.read(text); }
  [[nodiscard]] std::size_t wrong_bytes(std::string_view text) const { return table_.wrong_bytes(text); }

 private:
  const CharsetTable& table_;
};

class ByUtf16 {
 public:
  explicit ByUtf16(bool is_big_endian) : is_big_endian_(is_big_endian) {}
  [[nodiscard]] static std::size_t plain_bytes(std::string_view /*text*/) { return 0; }
  [[nodiscard]] CharsetTable::Character read(std::string_view text) const {
    if (text.size() < 2) return {};
    const char32_t first = unit(text);
    if (first >= 0x80 && first < 0xA0) return {};  // C1 controls are refused in every charset
    if (first < 0xD800 || first > 0xDFFF) return {first, 2};
    if (first > 0xDBFF || text.size() < 4) return {};
    const char32_t second = unit(text.substr(2));
    if (second < 0xDC00 || second > 0xDFFF) return {};
    return {0x10000 + ((first - 0xD800) << 10U) + (second - 0xDC00), 4};
  }
  [[nodiscard]] static std::size_t wrong_bytes(std::string_view text) { return std::min<std::size_t>(2, text.size()); }

 private:
  [[nodiscard]] char32_t unit(std::string_view text) const {
    const auto first = static_cast<unsigned char>(text[0]);
    const auto second = static_cast<unsigned char>(text[1]);
    return is_big_endian_ ? first << 8U | second : second << 8U | first;
  }

  bool is_big_endian_;
};

// Goes on until `in` is decoded, or so much of it that `stop` bytes or more are written. At `out` there is room for a
// character more than `stop`.
template <class Reader>
Run run(const Reader& reader, std::string_view in, char* out, std::size_t stop, bool replaces) {
  Run done;
  char* const start = out;
  const char* const end = out + stop;
  while (done.read < in.size() && out < end) {
    const std::string_view rest = in.substr(done.read);
    if (const std::size_t plain = reader.plain_bytes(rest); plain > 0) {
      const std::size_t copied = std::min<std::size_t>(plain, static_cast<std::size_t>(end - out));
      std::memcpy(out, rest.data(), copied);
      out += copied;
      done.read += copied;
      continue;
    }
    const auto character = reader.read(rest);
    if (character.bytes > 0) {
      out = put(out, character.code);
      done.read += character.bytes;
    } else if (replaces) {
      out = put(out, kReplacement);
      done.read += reader.wrong_bytes(rest);
      ++done.replaced;
    } else {
      done.is_stuck = true;
      break;
    }
  }
  done.written = static_cast<std::size_t>(out - start);
  return done;
}

// A byte order mark says which form "utf-16" is; without one it is little-endian, as everywhere on the web.
Run run_utf16(const proto::Decoding& decoding, std::string_view in, char* out, std::size_t stop) {
  constexpr std::string_view kLittleMark = "\xFF\xFE";
  constexpr std::string_view kBigMark = "\xFE\xFF";
  const std::string_view name = word(decoding.charset);
  const bool may_have_mark = name == "utf-16";
  const bool is_big_endian = may_have_mark ? in.starts_with(kBigMark) : name == "utf-16be";
  const std::size_t mark_bytes = may_have_mark && (is_big_endian || in.starts_with(kLittleMark)) ? 2 : 0;
  Run done = run(ByUtf16(is_big_endian), in.substr(mark_bytes), out, stop, decoding.replaces);
  done.read += mark_bytes;
  return done;
}

Run run_any(Charsets& charsets, const proto::Decoding& decoding, std::string_view in, char* out, std::size_t stop) {
  if (info(decoding.charset).kind == CharsetKind::kUtf16) return run_utf16(decoding, in, out, stop);
  return run(ByTable(charsets.table(decoding.charset)), in, out, stop, decoding.replaces);
}

}  // namespace

Transcoder::Decoded Transcoder::decode(const proto::Decoding& decoding, std::string_view record,
                                       std::uint64_t bytes_max) {
  const bool is_ascii = info(decoding.charset).kind != CharsetKind::kUtf16 && ascii_bytes(record) == record.size();
  if (is_ascii) return {Outcome::kUnchanged, record, 0, 0};
  const std::size_t stop = std::min<std::uint64_t>(bytes_max, kWidthMax * record.size()) + 1;
  make_room(stop);
  const Run done = run_any(charsets_, decoding, record, room_.get(), stop);
  if (done.is_stuck) return {Outcome::kUndecodable, {}, done.replaced, done.read};
  if (done.written > bytes_max) return {Outcome::kTooLarge, {}, done.replaced, done.read};
  return {Outcome::kDecoded, {room_.get(), done.written}, done.replaced, 0};
}

std::size_t Transcoder::original_offset(const proto::Decoding& decoding, std::string_view record,
                                        std::size_t decoded_offset) {
  const std::size_t stop = std::min(decoded_offset, kWidthMax * record.size());
  make_room(stop);
  return run_any(charsets_, decoding, record, room_.get(), stop).read;
}

// The room for what is made, the character that goes beyond, and the padding.
void Transcoder::make_room(std::size_t bytes) {
  const std::size_t needed = bytes + kCharacterMax + proto::FrameDecoder::kPaddingBytes;
  if (needed <= room_bytes_) return;
  free_room();
  room_bytes_ = std::max(needed, kKeptBytes);
  room_.reset(new char[room_bytes_]);  // make_unique would fill it
  memory_.charge(room_bytes_);
}

void Transcoder::free_room() {
  room_.reset();
  memory_.release(room_bytes_);
  room_bytes_ = 0;
}

}  // namespace crawlspool::intake
