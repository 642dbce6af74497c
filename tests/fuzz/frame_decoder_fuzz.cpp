// A stream of frames in one piece and in pieces gives the same frames, at no more memory than promised.
// Input: flags; the number of cuts; a length for each; the stream. The cuts' lengths repeat to the stream's end.
#include <optional>
#include <string>
#include <vector>

#include "proto/frame_decoder.h"
#include "tests/fuzz/fuzzing.h"

namespace {

using crawlspool::fuzz::Input;
using crawlspool::fuzz::PaddedCopy;
using crawlspool::proto::ErrorWord;
using crawlspool::proto::Frame;
using crawlspool::proto::FrameDecoder;
using crawlspool::proto::FrameLimits;
using crawlspool::proto::FrameType;
using crawlspool::proto::Refusal;
using Step = FrameDecoder::Step;

// Beside twice the bytes received: the buffer's first step, and padding.
constexpr std::size_t kHeldBytesBeside = 4096 + 2 * FrameDecoder::kPaddingBytes;
constexpr FrameLimits kSmallLimits{64, 128};
constexpr FrameLimits kDefaultLimits{16U << 20, 32U << 20};

struct Flags {
  bool small_limits;
  bool keeps_payloads;    // takes each payload over by keep_payload()
  bool says_frame_taken;  // gives the memory back at once by frame_taken()
};

struct Taken {
  FrameType type;
  std::string payload;
  bool operator==(const Taken&) const = default;
};

struct Outcome {
  std::vector<Taken> frames;
  std::optional<Refusal> refusal;
  bool is_mid_frame = false;
  std::size_t bytes_needed = 0;
  std::size_t claimed_bytes = 0;
  std::size_t received_bytes = 0;
};

std::string take_payload(FrameDecoder& decoder, std::string_view payload, const Flags& flags) {
  crawlspool::fuzz::read_behind(payload, FrameDecoder::kPaddingBytes);
  const std::string copy(payload);
  if (!flags.keeps_payloads) return copy;
  const std::string kept = decoder.keep_payload(payload);
  crawlspool::fuzz::read_behind(kept, FrameDecoder::kPaddingBytes);
  FUZZ_CLAIM(kept == copy);
  return kept;
}

Step feed(FrameDecoder& decoder, std::string_view piece, const Flags& flags, Outcome& outcome) {
  const PaddedCopy copy(piece, FrameDecoder::kPaddingBytes);
  std::string_view input = copy.view();
  while (true) {
    const std::size_t before = input.size();
    Frame frame{};
    const Step step = decoder.next(input, frame);
    FUZZ_CLAIM(input.size() <= before);
    if (step == Step::kNeedMore) FUZZ_CLAIM(input.empty());
    if (step != Step::kFrame) return step;
    FUZZ_CLAIM(!decoder.mid_frame());
    outcome.frames.push_back({frame.type, take_payload(decoder, frame.payload, flags)});
    if (flags.says_frame_taken) decoder.frame_taken();
  }
}

// `cuts` are the pieces' lengths; none: all in one.
Outcome decode(std::string_view stream, const std::vector<std::size_t>& cuts, const Flags& flags) {
  FrameDecoder decoder(flags.small_limits ? kSmallLimits : kDefaultLimits);
  Outcome outcome;
  for (std::size_t i = 0; !stream.empty() && !outcome.refusal; ++i) {
    const std::string_view piece = stream.substr(0, cuts.empty() ? stream.size() : cuts[i % cuts.size()]);
    stream.remove_prefix(piece.size());
    if (feed(decoder, piece, flags, outcome) == Step::kRefused) outcome.refusal = decoder.refusal();
    FUZZ_CLAIM(decoder.held_bytes() <= 2 * decoder.received_bytes() + kHeldBytesBeside);
  }
  outcome.is_mid_frame = decoder.mid_frame();
  outcome.bytes_needed = decoder.bytes_needed();
  outcome.claimed_bytes = decoder.claimed_bytes();
  outcome.received_bytes = decoder.received_bytes();
  return outcome;
}

// A little-endian length is told by what lies behind the first header, if it is there already.
bool is_told_by_what_is_behind(const Outcome& outcome) {
  return outcome.refusal && outcome.refusal->code == ErrorWord::kWrongProtocol &&
         outcome.refusal->detail.find("little-endian") != std::string::npos;
}

bool cuts_behind_first_header(const std::vector<std::size_t>& cuts) {
  std::size_t at = 0;
  for (std::size_t i = 0; at < crawlspool::proto::kFrameHeaderBytes; ++i) at += cuts[i % cuts.size()];
  return at == crawlspool::proto::kFrameHeaderBytes;
}

void claim_same(const Outcome& whole, const Outcome& pieces) {
  FUZZ_CLAIM(pieces.frames == whole.frames);
  FUZZ_CLAIM(pieces.refusal.has_value() == whole.refusal.has_value());
  if (whole.refusal) {
    FUZZ_CLAIM(!whole.refusal->detail.empty());
    FUZZ_CLAIM(pieces.refusal->code == whole.refusal->code);
    FUZZ_CLAIM(pieces.refusal->detail == whole.refusal->detail);
    FUZZ_CLAIM(pieces.refusal->has_records == whole.refusal->has_records);
  }
  FUZZ_CLAIM(pieces.is_mid_frame == whole.is_mid_frame);
  FUZZ_CLAIM(pieces.bytes_needed == whole.bytes_needed);
  FUZZ_CLAIM(pieces.claimed_bytes == whole.claimed_bytes);
  FUZZ_CLAIM(pieces.received_bytes == whole.received_bytes);
}

// Up to 64 bytes one by one, then in steps of 64.
std::size_t piece_bytes(std::uint8_t length) { return length < 64 ? length + 1U : (length - 62U) * 64U; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint8_t bits = input.byte();
  const Flags flags{(bits & 1U) != 0, (bits & 2U) != 0, (bits & 4U) != 0};
  std::vector<std::size_t> cuts(1 + input.byte() % 16U);
  for (std::size_t& cut : cuts) cut = piece_bytes(input.byte());

  const Outcome whole = decode(input.rest(), {}, flags);
  const Outcome pieces = decode(input.rest(), cuts, flags);
  if (is_told_by_what_is_behind(whole) && cuts_behind_first_header(cuts)) return 0;
  claim_same(whole, pieces);
  return 0;
}
