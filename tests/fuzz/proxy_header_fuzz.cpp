// A PROXY header in one piece and in pieces ends in the same way, takes nothing behind its end, and keeps no more than
// promised. Input: the number of cuts; a length for each; the bytes. The cuts' lengths repeat to the end.
#include <string>
#include <vector>

#include "daemon/net/proxy_header.h"
#include "tests/fuzz/fuzzing.h"

namespace {

using crawlspool::fuzz::Input;
using crawlspool::net::ProxyHeaderDecoder;
using Step = ProxyHeaderDecoder::Step;

struct Outcome {
  Step step = Step::kNeedMore;
  std::string source;
  std::size_t taken = 0;
};

Outcome decode(std::string_view bytes, const std::vector<std::size_t>& cuts) {
  ProxyHeaderDecoder decoder;
  Outcome outcome;
  for (std::size_t i = 0; outcome.step == Step::kNeedMore && outcome.taken < bytes.size(); ++i) {
    const std::string piece(bytes.substr(outcome.taken, cuts.empty() ? bytes.size() : cuts[i % cuts.size()]));
    std::string_view input = piece;
    outcome.step = decoder.next(input);
    outcome.taken += piece.size() - input.size();
    if (outcome.step == Step::kNeedMore) FUZZ_CLAIM(input.empty());
  }
  FUZZ_CLAIM(outcome.taken <= ProxyHeaderDecoder::kBytesMax);
  FUZZ_CLAIM((outcome.step == Step::kRefused) != decoder.detail().empty());
  if (decoder.source()) {
    FUZZ_CLAIM(outcome.step == Step::kDone);
    outcome.source = decoder.source()->to_string();
    FUZZ_CLAIM(crawlspool::base::Endpoint::parse("tcp://" + outcome.source).has_value());
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  std::vector<std::size_t> cuts(1 + input.byte() % 16U);
  for (std::size_t& cut : cuts) cut = 1 + input.byte();

  const Outcome whole = decode(input.rest(), {});
  const Outcome pieces = decode(input.rest(), cuts);
  FUZZ_CLAIM(whole.step == pieces.step);
  FUZZ_CLAIM(whole.source == pieces.source);
  if (whole.step == Step::kDone) FUZZ_CLAIM(whole.taken == pieces.taken);
  return 0;
}
