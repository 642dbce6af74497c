// Transcodes what stands in the standard input, for the comparison with Python's codecs: `transcode CHARSET` takes
// sequences of bytes, each behind its length, and answers each by the length of its UTF-8 and that, or by all bits set
// and the offset of what cannot be decoded. Numbers are of four bytes, in the machine's order.
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/intake/transcoder.h"

namespace {

using crawlspool::intake::Transcoder;

constexpr std::uint32_t kUndecodable = 0xFFFFFFFF;

std::string read_all(std::FILE* file) {
  std::string text;
  std::vector<char> piece(1 << 20);
  while (const std::size_t bytes = std::fread(piece.data(), 1, piece.size(), file)) text.append(piece.data(), bytes);
  return text;
}

void append_number(std::string& out, std::uint32_t number) {
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

}  // namespace

int main(int argc, char** argv) {
  const auto charset = argc == 2 ? crawlspool::proto::find_charset(argv[1]) : std::nullopt;
  if (!charset || *charset == crawlspool::proto::kUtf8) {
    std::fputs("usage: transcode CHARSET\n", stderr);
    return 2;
  }
  crawlspool::intake::Charsets charsets;
  crawlspool::commit::MemoryBudget budget{64 << 20, 1 << 20};
  crawlspool::commit::MemoryAccount account(budget);
  Transcoder transcoder(charsets, account);
  if (!charsets.has(*charset)) {
    std::fprintf(stderr, "%s\n", crawlspool::intake::no_codec_detail(*charset).c_str());
    return 1;
  }
  const std::string input = read_all(stdin);
  std::string_view rest = input;
  std::string out;
  while (rest.size() >= sizeof(std::uint32_t)) {
    std::uint32_t bytes = 0;
    std::memcpy(&bytes, rest.data(), sizeof bytes);
    const std::string_view record = rest.substr(sizeof bytes, bytes);
    rest.remove_prefix(sizeof bytes + record.size());
    const auto decoded = transcoder.decode({*charset, false}, record, UINT32_MAX);
    const bool is_text =
        decoded.outcome == Transcoder::Outcome::kDecoded || decoded.outcome == Transcoder::Outcome::kUnchanged;
    append_number(out, is_text ? static_cast<std::uint32_t>(decoded.text.size()) : kUndecodable);
    if (is_text)
      out += decoded.text;
    else
      append_number(out, static_cast<std::uint32_t>(decoded.offset));
  }
  return std::fwrite(out.data(), 1, out.size(), stdout) == out.size() ? 0 : 1;
}
