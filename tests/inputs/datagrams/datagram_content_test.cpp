#include "daemon/inputs/datagrams/datagram_content.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace crawlspool::datagrams {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;
constexpr int kGzip = 16;  // added to zlib's window bits

std::string compressed(const std::string& text, int window_bits, int level = Z_DEFAULT_COMPRESSION) {
  z_stream stream{};
  deflateInit2(&stream, level, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zlib(const std::string& text, int level = Z_DEFAULT_COMPRESSION) {
  return compressed(text, MAX_WBITS, level);
}
std::string gzip(const std::string& text) { return compressed(text, MAX_WBITS + kGzip); }

Decompressed plain_of(Content content, const std::string& datagram, std::uint64_t bytes_max = 16 * kMiB) {
  intake::TurnBudget budget;
  budget.begin(0);  // spent from the start
  return decompress(content, datagram, bytes_max, budget);
}

TEST(DatagramContent, IsKnownByItsFirstBytes) {
  for (int level = 0; level <= Z_BEST_COMPRESSION; ++level) EXPECT_EQ(content_of(zlib("[1]", level)), Content::kZlib);
  EXPECT_EQ(content_of(gzip("[1]")), Content::kGzip);
  EXPECT_EQ(content_of("\x1e\x0f"
                       "12345678\0\2"),
            Content::kGelfChunk);
}

TEST(DatagramContent, NoBeginningOfAJsonTextIsTakenForAnother) {
  for (int first = 0; first < 128; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      const bool may_begin = std::string(" \t\n\r{[\"-0123456789tfn").find(text[0]) != std::string::npos;
      if (may_begin) {
        EXPECT_EQ(content_of(text), Content::kPlain) << first << ' ' << second;
      }
    }
  }
  EXPECT_EQ(content_of(""), Content::kPlain);
  EXPECT_EQ(content_of("x"), Content::kPlain);
}

TEST(DatagramContent, IsDecompressedWholeHoweverLittleOfTheTurnIsLeft) {
  const std::string text(300'000, 'x');
  EXPECT_EQ(plain_of(Content::kZlib, zlib(text)).record, text);
  EXPECT_EQ(plain_of(Content::kGzip, gzip(text)).record, text);
}

TEST(DatagramContent, OverTheBoundIsTooLargeAndNamesIt) {
  EXPECT_FALSE(plain_of(Content::kZlib, zlib(std::string(kMiB, 'x'))).reject);
  const auto over = plain_of(Content::kZlib, zlib(std::string(kMiB + 1, 'x')));
  ASSERT_TRUE(over.reject);
  EXPECT_EQ(over.reject->code, proto::RejectCode::kRecordTooLarge);
  EXPECT_EQ(over.reject->detail.view(), "it decompresses to more than 1048576 bytes");
  const auto over_the_limit = plain_of(Content::kGzip, gzip(std::string(1001, 'x')), 1000);
  ASSERT_TRUE(over_the_limit.reject);
  EXPECT_EQ(over_the_limit.reject->detail.view(), "it decompresses to more than 1000 bytes");
}

TEST(DatagramContent, ThatDoesNotDecompressSaysOfWhichFormat) {
  const std::string whole = zlib("[1,2,3]");
  for (const std::string& broken :
       {whole.substr(0, whole.size() - 1), whole + "x", whole.substr(0, 2) + "\xff\xff\xff"}) {
    const auto said = plain_of(Content::kZlib, broken);
    ASSERT_TRUE(said.reject);
    EXPECT_EQ(said.reject->code, proto::RejectCode::kInvalidJson);
    EXPECT_TRUE(said.reject->detail.view().starts_with("zlib: ")) << said.reject->detail.view();
  }
  EXPECT_TRUE(plain_of(Content::kGzip, gzip("1") + "x").reject->detail.view().starts_with("gzip: "));
}

TEST(DatagramContent, AGelfChunkIsRefusedByName) {
  EXPECT_EQ(gelf_chunk_reason().detail.view(), "a GELF chunk: only whole messages are taken");
}

}  // namespace
}  // namespace crawlspool::datagrams
