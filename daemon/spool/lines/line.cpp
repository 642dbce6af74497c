#include "daemon/spool/lines/line.h"

#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "daemon/base/text.h"

namespace crawlspool::spool {
namespace {

constexpr std::string_view kTrailerStart = ",\"crc32\":\"";
constexpr std::string_view kTrailerEnd = "\"}\n";
constexpr std::size_t kCrcDigits = 8;
static_assert(kTrailerStart.size() + kCrcDigits + kTrailerEnd.size() == kTrailerBytes + kLineEndBytes);

constexpr std::string_view kTimestampKey = "{\"ts\":\"";
constexpr std::string_view kSyncedKey = "{\"synced\":";
constexpr std::string_view kSeqKey = ",\"seq\":";
constexpr std::size_t kNumberDigitsMax = 20;

char* put(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* put_trailer(char* out, std::uint32_t crc) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  out = put(out, kTrailerStart);
  for (int shift = 28; shift >= 0; shift -= 4) *out++ = kHex[(crc >> shift) & 0xFU];
  return put(out, kTrailerEnd);
}

// Raw line breaks are legal between JSON tokens and would break the line in two.
char* put_without_line_breaks(char* out, std::string_view record) {
  if (std::memchr(record.data(), '\n', record.size()) == nullptr &&
      std::memchr(record.data(), '\r', record.size()) == nullptr)
    return put(out, record);
  return std::copy_if(record.begin(), record.end(), out, [](char c) { return c != '\n' && c != '\r'; });
}

std::optional<std::uint32_t> parse_crc(std::string_view digits) {
  std::uint32_t crc = 0;
  const bool lower_case = std::none_of(digits.begin(), digits.end(), [](char c) { return c >= 'A' && c <= 'F'; });
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), crc, 16);
  if (!lower_case || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return crc;
}

// Appends nothing where `text` is empty.
void append_member(std::string& out, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  out += ",\"" + std::string(key) + "\":\"";
  base::append_json_escaped(out, text);
  out += '"';
}

}  // namespace

std::uint32_t crc32(std::string_view bytes, std::uint32_t seed) {
  return ::libdeflate_crc32(seed, bytes.data(), bytes.size());
}

Origin make_origin(std::string_view via, std::string_view peer, const ClientNames& names, const DecodedFrom& decoded) {
  Origin origin;
  append_member(origin.before_seq, "client", names.client);
  append_member(origin.before_seq, "user", names.user);
  append_member(origin.before_seq, "session", names.session);
  append_member(origin.after_seq, "stream", names.stream);
  append_member(origin.after_seq, "via", via);
  append_member(origin.after_seq, "peer", peer);
  append_member(origin.after_seq, "charset", decoded.charset);
  if (decoded.replaced != 0) origin.after_seq += ",\"replaced\":" + std::to_string(decoded.replaced);
  origin.after_seq += kRecordKey;
  return origin;
}

std::size_t envelope_bytes_max(const Origin& origin) {
  return kTimestampKey.size() + base::kTimestampBytes + 1 + origin.before_seq.size() + kSeqKey.size() +
         kNumberDigitsMax + origin.after_seq.size() + kTrailerBytes + kLineEndBytes;
}

char* write_line(char* out, const char (&timestamp)[base::kTimestampBytes], const Origin& origin, std::uint64_t seq,
                 std::string_view record) {
  const char* const start = out;
  out = put(out, kTimestampKey);
  out = put(out, {timestamp, base::kTimestampBytes});
  *out++ = '"';
  out = put(out, origin.before_seq);
  if (seq != 0) {
    out = put(out, kSeqKey);
    out = std::to_chars(out, out + kNumberDigitsMax, seq).ptr;
  }
  out = put(out, origin.after_seq);
  out = put_without_line_breaks(out, record);
  return write_crc_trailer(start, out);
}

char* write_crc_trailer(const char* start, char* end) {
  return put_trailer(end, crc32({start, static_cast<std::size_t>(end - start)}));
}

void append_crc_trailer(std::string& out, std::size_t start) {
  std::array<char, kTrailerBytes + kLineEndBytes> trailer{};
  put_trailer(trailer.data(), crc32(std::string_view(out).substr(start)));
  out.append(trailer.data(), trailer.size());
}

bool has_sound_trailer(std::string_view text) {
  if (text.size() < kTrailerBytes + kLineEndBytes) return false;
  const std::string_view trailer = text.substr(text.size() - kTrailerBytes - kLineEndBytes);
  if (!trailer.starts_with(kTrailerStart) || !trailer.ends_with(kTrailerEnd)) return false;
  const auto expected = parse_crc(trailer.substr(kTrailerStart.size(), kCrcDigits));
  return expected && *expected == crc32(text.substr(0, text.size() - trailer.size()));
}

SyncedMark mark_synced(std::string_view line, Position synced) {
  SyncedMark mark;
  mark.head = std::string(kSyncedKey) + std::to_string(synced) + ",";
  const std::string_view middle = line.substr(1, line.size() - 1 - kTrailerBytes - kLineEndBytes);
  std::array<char, kTrailerBytes + kLineEndBytes> trailer{};
  put_trailer(trailer.data(), crc32(middle, crc32(mark.head)));
  mark.trailer.assign(trailer.data(), trailer.size());
  return mark;
}

std::optional<SoundLine> check_line(std::string_view line) {
  constexpr std::size_t kLeast = kTimestampKey.size() + kTrailerBytes + kLineEndBytes;
  if (line.size() < kLeast || !has_sound_trailer(line)) return std::nullopt;
  const std::string_view body = line.substr(0, line.size() - kTrailerBytes - kLineEndBytes);
  const std::size_t record_key = body.find(kRecordKey);
  if (record_key == std::string_view::npos) return std::nullopt;
  SoundLine sound{std::nullopt, body.substr(0, record_key), body.substr(record_key + kRecordKey.size())};
  if (body.starts_with(kSyncedKey)) {
    Position synced = 0;
    const char* const digits = body.data() + kSyncedKey.size();
    const auto [end, error] = std::from_chars(digits, body.data() + body.size(), synced);
    if (error != std::errc{} || *end != ',') return std::nullopt;
    sound.synced = synced;
  }
  return sound;
}

std::optional<std::string_view> envelope_member(std::string_view envelope, std::string_view key) {
  const std::string needle = "\"" + std::string(key) + "\":";
  const std::size_t at = envelope.find(needle);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view value = envelope.substr(at + needle.size());
  if (value.starts_with('"')) {
    value.remove_prefix(1);
    std::size_t end = 0;
    while (end < value.size() && value[end] != '"') end += value[end] == '\\' ? 2 : 1;
    return value.substr(0, end);
  }
  return value.substr(0, value.find(','));
}

std::optional<std::uint64_t> envelope_number(std::string_view envelope, std::string_view key) {
  const auto digits = envelope_member(envelope, key);
  if (!digits) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits->data(), digits->data() + digits->size(), value);
  if (error != std::errc{} || end != digits->data() + digits->size()) return std::nullopt;
  return value;
}

bool is_blank_line(std::string_view line) {
  return line.ends_with('\n') && line.find_first_not_of(' ') == line.size() - 1;
}

}  // namespace crawlspool::spool
