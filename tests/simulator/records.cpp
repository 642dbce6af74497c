#include "tests/simulator/records.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>

#include "tests/simulator/random.h"

namespace crawlspool::simulator {
namespace {

constexpr std::size_t kFillerBytesMax = 20'000;
constexpr std::size_t kNoiseBytes = 64 * 1024;
constexpr std::size_t kKeyDigits = 16;
constexpr std::string_view kSessionKey = "{\"s\":\"";
constexpr std::string_view kSeqKey = "\",\"n\":";
// Valid JSON that a reader who searches where it should not would take for parts of a line.
constexpr std::string_view kLookAlike =
    ",\"y\":{\"synced\":99999999,\"ts\":\"\",\"session\":\"0000000000000000\",\"seq\":9,\"record\":{},\"crc32\":"
    "\"00000000\"}";

const std::string& noise() {
  static const std::string bytes = [] {
    Random random(1);
    std::string text(kNoiseBytes + kFillerBytesMax, ' ');
    for (char& c : text) {
      c = static_cast<char>(random.between(' ', '~'));
      if (c == '"' || c == '\\') c = '.';
    }
    return text;
  }();
  return bytes;
}

template <class Number>
std::optional<Number> parse(std::string_view digits, int number_base) {
  Number number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, number_base);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

}  // namespace

Records::Records(std::uint64_t seed, std::size_t sessions, SizeProfile profile) : profile_(profile) {
  Random random(mix(seed));
  for (std::size_t i = 0; i < sessions; ++i) {
    Session session{
        random.next(), {}, {"client-" + std::to_string(i / 2), i % 3 == 0 ? "" : "user-" + std::to_string(i)}, {}};
    std::array<char, kKeyDigits + 1> digits{};
    std::snprintf(digits.data(), digits.size(), "%016lx", session.key);
    session.digits = digits.data();
    session.origin =
        spool::make_origin("stream", "127.0.0.1:1", {session.owner.client, session.digits, {}, session.owner.user});
    sessions_.push_back(std::move(session));
  }
}

std::size_t Records::filler_bytes(std::uint64_t hash) const {
  const std::uint64_t kind = hash % 64;
  const std::uint64_t size = hash / 64 % 65'536;
  switch (profile_) {
    case SizeProfile::kTiny:
      return size % 24;
    case SizeProfile::kMixed:
      return kind == 0 ? size % 6000 : size % 120;
    case SizeProfile::kLarge:
      break;
  }
  if (kind == 0) return size % kFillerBytesMax;
  return kind < 8 ? size % 3000 : size % 300;
}

bool Records::is_rejected(RecordName name) const { return (mix(sessions_[name.session].key ^ name.seq) & 31U) == 0; }

std::string_view Records::text(RecordName name) {
  const Session& session = sessions_[name.session];
  const std::uint64_t hash = mix(session.key + name.seq);
  text_ = kSessionKey;
  text_ += session.digits;
  text_ += kSeqKey;
  std::array<char, 20> digits{};
  text_.append(digits.data(), std::to_chars(digits.begin(), digits.end(), name.seq).ptr);
  text_ += ",\"x\":\"";
  text_.append(noise(), hash >> 48U, filler_bytes(hash));
  text_ += '"';
  if ((hash >> 20U & 31U) == 0) text_ += kLookAlike;
  text_ += '}';
  return text_;
}

std::size_t Records::append_line(std::string& out, RecordName name, std::int64_t wall_us) {
  char timestamp[base::kTimestampBytes];
  base::format_timestamp(wall_us, timestamp);
  const spool::Origin& origin = sessions_[name.session].origin;
  const std::string_view record = text(name);
  const std::size_t start = out.size();
  out.resize(start + spool::envelope_bytes_max(origin) + record.size());
  const char* const end = spool::write_line(out.data() + start, timestamp, origin, name.seq, record);
  out.resize(static_cast<std::size_t>(end - out.data()));
  return out.size() - start;
}

std::optional<RecordName> Records::recognise(const spool::SoundLine& line) {
  const auto digits = spool::envelope_member(line.envelope, "session");
  const auto seq_digits = spool::envelope_member(line.envelope, "seq");
  const auto key = digits ? parse<std::uint64_t>(*digits, 16) : std::nullopt;
  const auto seq = seq_digits ? parse<std::uint64_t>(*seq_digits, 10) : std::nullopt;
  if (!key || !seq) return std::nullopt;
  for (std::size_t i = 0; i < sessions_.size(); ++i)
    if (sessions_[i].key == *key && !is_rejected({i, *seq}) && text({i, *seq}) == line.record)
      return RecordName{i, *seq};
  return std::nullopt;
}

}  // namespace crawlspool::simulator
