#include "daemon/inputs/redis/field_decoder.h"

namespace crawlspool::redis {

bool FieldDecoder::decode(std::string_view& text) {
  using Outcome = intake::Transcoder::Outcome;
  if (decoding_.charset == proto::kUtf8) return true;
  const auto decoded = transcoder_.decode(decoding_, text, bytes_max_);
  if (decoded.outcome == Outcome::kUnchanged) return true;
  budget_.count_decoded(text.size());
  if (decoded.outcome != Outcome::kDecoded) return false;
  text = decoded.text;
  has_decoded_ = true;
  replaced_ += decoded.replaced;
  return true;
}

}  // namespace crawlspool::redis
