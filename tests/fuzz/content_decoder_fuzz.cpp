// Compressed content comes out alike whatever the steps, within its caps and at no more memory than they ask for; what
// was packed comes out as it was.
// Input: flags; the cap's size; the number of steps; a cost for each; the content. The steps' costs repeat.
#include <zstd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "daemon/intake/content_decoder.h"
#include "tests/fuzz/fuzzing.h"

namespace {

using crawlspool::fuzz::Input;
using crawlspool::intake::ContentDecoder;
using crawlspool::intake::Encoding;
using crawlspool::intake::Parts;
using crawlspool::intake::TurnBudget;
using Step = ContentDecoder::Step;

// Beside what came in, what may come out, and a window for it: the buffer's first room, and the library's own.
constexpr std::size_t kHeldBytesBeside = 64 * 1024 + 2 * ContentDecoder::kPaddingBytes + 512 * 1024;

struct Content {
  Encoding encoding;
  Parts parts;
  std::string encoded;
  std::uint64_t bytes_max;
};

struct Outcome {
  Step last;
  std::string plain;
};

Outcome decode(const Content& content, const std::vector<std::uint64_t>& steps) {
  ContentDecoder decoder(content.encoding, content.parts, content.encoded, content.bytes_max);
  Step step = Step::kMore;
  for (std::size_t i = 0; step == Step::kMore; ++i) {
    TurnBudget budget;
    budget.begin(steps[i % steps.size()]);
    step = decoder.step(budget);
    FUZZ_CLAIM(decoder.held_bytes() <= content.encoded.capacity() + 3 * content.bytes_max + kHeldBytesBeside);
  }
  if (step != Step::kDone) {
    FUZZ_CLAIM(!decoder.detail().empty());
    return {step, {}};
  }
  Outcome outcome{step, decoder.take_plain()};
  crawlspool::fuzz::read_behind(outcome.plain, ContentDecoder::kPaddingBytes);
  FUZZ_CLAIM(outcome.plain.size() <= content.bytes_max);
  return outcome;
}

// The library's own way in one go.
void claim_same_at_once(const Content& content, const Outcome& outcome) {
  if (content.encoding != Encoding::kZstd || outcome.last != Step::kDone) return;
  std::string plain(outcome.plain.size(), '\0');
  const std::size_t bytes = ZSTD_decompress(plain.data(), plain.size(), content.encoded.data(), content.encoded.size());
  FUZZ_CLAIM(ZSTD_isError(bytes) == 0U);
  FUZZ_CLAIM(bytes == plain.size() && plain == outcome.plain);
}

void claim_round_trip(std::string_view plain) {
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  const std::size_t bytes = ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), 1);
  FUZZ_CLAIM(ZSTD_isError(bytes) == 0U);
  packed.resize(bytes);
  const std::uint64_t bytes_max = std::max<std::uint64_t>(plain.size(), 1);
  const Outcome outcome = decode({Encoding::kZstd, Parts::kOne, packed, bytes_max}, {64});
  FUZZ_CLAIM(outcome.last == Step::kDone);
  FUZZ_CLAIM(outcome.plain == plain);
  packed.pop_back();
  FUZZ_CLAIM(decode({Encoding::kZstd, Parts::kOne, packed, bytes_max}, {64}).last == Step::kBroken);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint8_t bits = input.byte();
  const std::uint64_t bytes_max = std::uint64_t{1} << (input.byte() % 22U);
  std::vector<std::uint64_t> steps(1 + input.byte() % 8U);
  // Never so small that a large cap takes long.
  for (std::uint64_t& step : steps) step = 1 + input.byte() * 257U + bytes_max / 1024;
  const Content content{(bits & 1U) != 0 ? Encoding::kGzip : Encoding::kZstd,
                        (bits & 2U) != 0 ? Parts::kAny : Parts::kOne, std::string(input.rest()), bytes_max};

  const Outcome in_steps = decode(content, steps);
  const Outcome in_large_steps = decode(content, {std::uint64_t{1} << 20U});
  // Content that is both broken and too large may be called either, as its steps come.
  FUZZ_CLAIM((in_steps.last == Step::kDone) == (in_large_steps.last == Step::kDone));
  FUZZ_CLAIM(in_steps.plain == in_large_steps.plain);
  claim_same_at_once(content, in_steps);
  if ((bits & 4U) != 0) claim_round_trip(input.rest());
  return 0;
}
