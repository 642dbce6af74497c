// What comes out of the transcoder is UTF-8 without C1 controls that were not there, within its cap and with padding
// behind it; a record that is decoded again says the same, cut off before its fault it is sound, and places are found
// again.
// Input: the charset; flags; the cap; the record.
#include <string>

#include "daemon/base/text.h"
#include "daemon/intake/transcoder.h"
#include "proto/frame_decoder.h"
#include "tests/fuzz/fuzzing.h"

namespace {

namespace proto = crawlspool::proto;
using crawlspool::intake::Charsets;
using crawlspool::intake::Transcoder;
using Outcome = Transcoder::Outcome;

struct Subject {
  Charsets charsets;
  crawlspool::commit::MemoryBudget budget{64 << 20, 1 << 20};
  crawlspool::commit::MemoryAccount account{budget};
  Transcoder transcoder{charsets, account};
};

Subject& subject() {
  static Subject one;  // its tables are the same for each input
  return one;
}

void claim_sound_text(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = crawlspool::base::utf8_character_bytes(text.substr(at));
    FUZZ_CLAIM(bytes > 0);
    FUZZ_CLAIM(!(bytes == 2 && text[at] == '\xC2' && static_cast<unsigned char>(text[at + 1]) < 0xA0));
    at += bytes;
  }
}

void claim_places(Transcoder& transcoder, const proto::Decoding& decoding, std::string_view record,
                  const std::string& text) {
  std::size_t before = 0;
  for (std::size_t at = 0; at <= text.size(); at += 1 + text.size() / 16) {
    const std::size_t place = transcoder.original_offset(decoding, record, at);
    FUZZ_CLAIM(place >= before && place <= record.size());
    before = place;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  crawlspool::fuzz::Input input(data, size);
  const proto::Charset charset{static_cast<std::uint8_t>(1 + input.byte() % (proto::kCharsets.size() - 1))};
  const std::uint8_t flags = input.byte();
  const std::uint64_t bytes_max = std::uint64_t{1} << (input.byte() % 20U);
  const proto::Decoding decoding{charset, (flags & 1U) != 0};
  const crawlspool::fuzz::PaddedCopy record(input.rest(), 0);
  Transcoder& transcoder = subject().transcoder;

  const auto decoded = transcoder.decode(decoding, record.view(), bytes_max);
  const std::string text(decoded.text);
  if (decoded.outcome == Outcome::kDecoded) {
    FUZZ_CLAIM(text.size() <= bytes_max);
    FUZZ_CLAIM(decoding.replaces || decoded.replaced == 0);
    crawlspool::fuzz::read_behind(decoded.text, proto::FrameDecoder::kPaddingBytes);
    claim_sound_text(text);
    claim_places(transcoder, decoding, record.view(), text);
  }
  if (decoded.outcome == Outcome::kUnchanged) FUZZ_CLAIM(text == record.view());
  if (decoded.outcome == Outcome::kUndecodable) {
    FUZZ_CLAIM(!decoding.replaces && decoded.offset < record.view().size());
    const auto before = transcoder.decode(decoding, record.view().substr(0, decoded.offset), bytes_max);
    FUZZ_CLAIM(before.outcome == Outcome::kDecoded || before.outcome == Outcome::kUnchanged);
  }
  const auto again = transcoder.decode(decoding, record.view(), bytes_max);
  FUZZ_CLAIM(again.outcome == decoded.outcome && again.text == text && again.replaced == decoded.replaced);
  transcoder.done();
  return 0;
}
