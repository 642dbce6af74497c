// Blocks as they are written, seen from outside and decoded.
#include "daemon/spool/compressed/block_layout.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "daemon/spool/compressed/block_codec.h"

namespace crawlspool::spool {
namespace {

class TextSource final : public ByteSource {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    return offset < text_.size() ? text_.copy(into.data(), into.size(), offset) : 0;
  }
  base::Result<std::uint64_t> size() override { return text_.size(); }

 private:
  std::string text_;
};

std::string compressed(const std::string& content) {
  BlockEncoder encoder(3);
  std::string block;
  encoder.begin(content.size());
  EXPECT_TRUE(encoder.add(content, true, block).has_value());
  return block;
}

std::string some_content(std::size_t bytes) {
  std::string content;
  while (content.size() < bytes) content += std::to_string(content.size() * 2654435761U % 1000003) + ",";
  content.resize(bytes);
  return content;
}

DecodedBlock decoded(const std::string& file, std::uint64_t content_bytes_max, std::string* content = nullptr) {
  TextSource source(file);
  BlockDecoder decoder(source);
  const auto block = decoder.decode({0, file.size(), content_bytes_max}, content);
  EXPECT_TRUE(block.has_value());
  return *block;
}

// Around the sizes where a header's size field grows, and one beyond a window.
constexpr std::size_t kSizes[] = {0, 1, 255, 256, 257, 65791, 65792, 200'000, 3'000'000};

TEST(BlockLayout, AHeaderTellsTheContentsSizeAndTheInnerBlocksWhereTheBlockEnds) {
  for (const std::size_t bytes : kSizes) {
    const std::string block = compressed(some_content(bytes));
    const auto header = parse_block_header(block);
    ASSERT_TRUE(header.has_value()) << bytes;
    EXPECT_EQ(header->content_bytes, bytes);
    EXPECT_EQ(header->is_single_segment, bytes < 3'000'000);
    TextSource alone(block);
    EXPECT_EQ(*find_block_end(alone, 0, block.size()), block.size()) << bytes;
    TextSource two("x" + block + block);
    EXPECT_EQ(*find_block_end(two, 1, 1 + 2 * block.size()), 1 + block.size());
    EXPECT_EQ(*find_block_end(two, 0, 1 + 2 * block.size()), std::nullopt);
    TextSource followed(block + "y");
    EXPECT_EQ(*find_block_end(followed, 0, block.size() + 1), std::nullopt);
  }
}

TEST(BlockLayout, AHeaderThatIsCutShortIsNone) {
  for (const std::size_t bytes : kSizes) {
    const std::string block = compressed(some_content(bytes));
    const std::size_t header_bytes = parse_block_header(block)->bytes;
    for (std::size_t cut = 0; cut < header_bytes; ++cut) EXPECT_FALSE(parse_block_header(block.substr(0, cut)));
    for (std::size_t cut = 0; cut < block.size(); cut += 1 + block.size() / 100) {
      TextSource source(block.substr(0, cut));
      EXPECT_EQ(*find_block_end(source, 0, cut), std::nullopt) << bytes << ", " << cut;
    }
  }
}

TEST(BlockLayout, BlocksWithoutSizeOrChecksumOrWithADictionaryAreNotOurs) {
  std::string block = compressed(some_content(300));
  for (const int flag : {0x08, 0x01, 0x02}) {
    std::string other = block;
    other[4] = static_cast<char>(other[4] | flag);
    EXPECT_FALSE(parse_block_header(other)) << flag;
  }
  block[4] = 0x04;  // a window, no size
  EXPECT_FALSE(parse_block_header(block));
  block[4] = 0x60;  // no checksum
  EXPECT_FALSE(parse_block_header(block));
}

TEST(BlockDecoder, GivesBackWhatWasCompressedWhateverSizeTheHeaderClaims) {
  for (const std::size_t bytes : kSizes) {
    const std::string content = some_content(bytes);
    const std::string block = compressed(content);
    const auto header = parse_block_header(block);
    for (std::size_t at = header->bytes - 1; at > (header->is_single_segment ? 4U : 5U); --at) {
      std::string wrong = block;
      wrong[at] = static_cast<char>(wrong[at] ^ 0x11);
      std::string back;
      const DecodedBlock seen = decoded(wrong, bytes, &back);
      EXPECT_TRUE(seen.is_sound && back == content) << bytes << ", " << at;
      EXPECT_EQ(seen.file_bytes, block.size());
      EXPECT_EQ(decoded(wrong, kBlockContentBytesMax).content_bytes, bytes);
    }
  }
}

TEST(BlockDecoder, GivesAllThatLiesBeforeADamagedInnerBlock) {
  constexpr std::size_t kInnerBytes = 128 * 1024;
  const std::string content = some_content(3 * kInnerBytes);
  std::string block = compressed(content);
  const std::size_t first_inner = parse_block_header(block)->bytes;
  const auto byte = [&block](std::size_t at) { return static_cast<unsigned char>(block[at]); };
  const std::size_t inner_bytes =
      (byte(first_inner) | byte(first_inner + 1) << 8U | byte(first_inner + 2) << 16U) >> 3U;
  block[first_inner + 3 + inner_bytes] = static_cast<char>(0x06);  // the second inner header: no such type
  std::string back;
  EXPECT_FALSE(decoded(block, content.size(), &back).is_sound);
  EXPECT_TRUE(back == content.substr(0, kInnerBytes));
}

TEST(BlockDecoder, NeverDecodesMoreThanItIsAllowed) {
  const std::string block = compressed(some_content(3'000'000));
  for (const std::uint64_t bytes_max : {0U, 1U, 128U * 1024, 2'999'999U}) {
    std::string back;
    const DecodedBlock seen = decoded(block, bytes_max, &back);
    EXPECT_FALSE(seen.is_sound);
    EXPECT_LE(seen.content_bytes, bytes_max);
    EXPECT_EQ(back.size(), seen.content_bytes);
  }
}

TEST(BlockDecoder, AGigabyteThatIsClaimedIsNotBelieved) {
  for (const unsigned char descriptor : {0xE4, 0xC4}) {  // size in 8 bytes, with and without a window
    std::string block(kZstdMagic);
    block += static_cast<char>(descriptor);
    if (descriptor == 0xC4) block += static_cast<char>(0x88);
    block += std::string(7, '\0') + "\x10";
    block += std::string(100, 'x');
    EXPECT_EQ(parse_block_header(block)->content_bytes, 1ULL << 60U);
    EXPECT_FALSE(decoded(block, kBlockContentBytesMax).is_sound);
  }
}

TEST(BlockDecoder, ACutOrChangedBlockIsNeverSound) {
  const std::string block = compressed(some_content(300));
  for (std::size_t at = 0; at < block.size(); ++at) {
    EXPECT_FALSE(decoded(block.substr(0, at), 1000).is_sound) << at;
    std::string changed = block;
    changed[at] = static_cast<char>(changed[at] ^ 0xFF);
    const bool is_size = at == 5 || at == 6;
    EXPECT_EQ(decoded(changed, 1000).is_sound, is_size) << at;
  }
}

}  // namespace
}  // namespace crawlspool::spool
