#include "daemon/intake/charsets.h"

namespace crawlspool::intake {

using proto::Charset;
using proto::CharsetKind;

// A table of single bytes is small and made at once, so that its codec's file need not stay in memory.
Charsets::Charsets() {
  for (const Charset charset : proto::kAllCharsets) {
    Entry& entry = entries_[index(charset)];
    const char* const name = info(charset).codec;
    entry.is_there = name == nullptr;
    if (entry.is_there) continue;
    Codec codec(name);
    if (!codec.is_open()) continue;
    entry.is_there = true;
    entry.codec.emplace(std::move(codec));
    if (info(charset).kind == CharsetKind::kSingleByte) static_cast<void>(table(charset));
  }
}

bool Charsets::has(Charset charset) const { return entries_[index(charset)].is_there; }

std::string Charsets::missing() const {
  std::string words;
  for (const Charset charset : proto::kAllCharsets)
    if (!has(charset)) (words += words.empty() ? "" : ", ") += word(charset);
  return words;
}

const CharsetTable& Charsets::table(Charset charset) {
  Entry& entry = entries_[index(charset)];
  std::call_once(entry.once, [&entry, charset] {
    entry.table = std::make_unique<const CharsetTable>(info(charset).kind, *entry.codec);
    entry.codec.reset();
  });
  return *entry.table;
}

std::string no_codec_detail(Charset charset) {
  return "this machine's C library has no codec for " + std::string(word(charset)) +
         ": glibc's gconv modules are missing";
}

}  // namespace crawlspool::intake
