#include "daemon/inputs/datagrams/datagram_content.h"

#include <algorithm>

namespace crawlspool::datagrams {
namespace {

using intake::ContentDecoder;
using intake::Encoding;
using proto::RejectCode;

// The head of zlib (RFC 1950) is a multiple of 31. Only with the usual window of 32 KiB: that of a smaller one can be
// the beginning of a number.
bool is_zlib_head(unsigned char first, unsigned char second) {
  constexpr unsigned kDeflate = 0x78;
  constexpr unsigned kMultipleOf = 31;
  return first == kDeflate && (first * 256U + second) % kMultipleOf == 0;
}

}  // namespace

Content content_of(std::string_view datagram) {
  if (datagram.size() < 2) return Content::kPlain;
  if (datagram.starts_with("\x1e\x0f")) return Content::kGelfChunk;
  if (datagram.starts_with("\x1f\x8b")) return Content::kGzip;
  const auto byte = [datagram](std::size_t i) { return static_cast<unsigned char>(datagram[i]); };
  return is_zlib_head(byte(0), byte(1)) ? Content::kZlib : Content::kPlain;
}

json::RejectReason gelf_chunk_reason() {
  return json::reject(RejectCode::kInvalidJson, "a GELF chunk: only whole messages are taken");
}

Decompressed decompress(Content content, std::string_view datagram, std::uint64_t record_bytes_max,
                        intake::TurnBudget& budget) {
  ContentDecoder decoder(content == Content::kGzip ? Encoding::kGzip : Encoding::kZlib, intake::Parts::kOne,
                         std::string(datagram), std::min(kDecompressedBytesMax, record_bytes_max));
  auto step = ContentDecoder::Step::kMore;
  while (step == ContentDecoder::Step::kMore) step = decoder.step(budget);
  if (step == ContentDecoder::Step::kDone) return {decoder.take_plain(), std::nullopt};
  if (step == ContentDecoder::Step::kTooLarge) return {{}, json::reject(RejectCode::kRecordTooLarge, decoder.detail())};
  const char* const name = content == Content::kGzip ? "gzip: " : "zlib: ";
  return {{}, json::reject(RejectCode::kInvalidJson, name + decoder.detail())};
}

}  // namespace crawlspool::datagrams
