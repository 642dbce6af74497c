// Frames as they are written, seen from outside and decoded.
#include "daemon/spool/compressed/frame_layout.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "daemon/spool/compressed/frame_decoder.h"
#include "daemon/spool/compressed/frame_encoder.h"

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

std::string packed(const std::string& content) {
  FrameEncoder encoder(3);
  std::string frame;
  encoder.begin(content.size());
  EXPECT_TRUE(encoder.add(content, true, frame).has_value());
  return frame;
}

std::string some_content(std::size_t bytes) {
  std::string content;
  while (content.size() < bytes) content += std::to_string(content.size() * 2654435761U % 1000003) + ",";
  content.resize(bytes);
  return content;
}

DecodedFrame decoded(const std::string& file, std::uint64_t content_bytes_max, std::string* content = nullptr) {
  TextSource source(file);
  FrameDecoder decoder(source);
  const auto frame = decoder.decode({0, file.size(), content_bytes_max}, content);
  EXPECT_TRUE(frame.has_value());
  return *frame;
}

// Around the sizes where a header's size field grows, and one beyond a window.
constexpr std::size_t kSizes[] = {0, 1, 255, 256, 257, 65791, 65792, 200'000, 3'000'000};

TEST(FrameLayout, AHeaderTellsTheContentsSizeAndTheBlocksWhereTheFrameEnds) {
  for (const std::size_t bytes : kSizes) {
    const std::string frame = packed(some_content(bytes));
    const auto header = parse_frame_header(frame);
    ASSERT_TRUE(header.has_value()) << bytes;
    EXPECT_EQ(header->content_bytes, bytes);
    EXPECT_EQ(header->is_single_segment, bytes < 3'000'000);
    TextSource alone(frame);
    EXPECT_EQ(*find_frame_end(alone, 0, frame.size()), frame.size()) << bytes;
    TextSource two("x" + frame + frame);
    EXPECT_EQ(*find_frame_end(two, 1, 1 + 2 * frame.size()), 1 + frame.size());
    EXPECT_EQ(*find_frame_end(two, 0, 1 + 2 * frame.size()), std::nullopt);
    TextSource followed(frame + "y");
    EXPECT_EQ(*find_frame_end(followed, 0, frame.size() + 1), std::nullopt);
  }
}

TEST(FrameLayout, AHeaderThatIsCutShortIsNone) {
  for (const std::size_t bytes : kSizes) {
    const std::string frame = packed(some_content(bytes));
    const std::size_t header_bytes = parse_frame_header(frame)->bytes;
    for (std::size_t cut = 0; cut < header_bytes; ++cut) EXPECT_FALSE(parse_frame_header(frame.substr(0, cut)));
    for (std::size_t cut = 0; cut < frame.size(); cut += 1 + frame.size() / 100) {
      TextSource source(frame.substr(0, cut));
      EXPECT_EQ(*find_frame_end(source, 0, cut), std::nullopt) << bytes << ", " << cut;
    }
  }
}

TEST(FrameLayout, FramesWithoutSizeOrChecksumOrWithADictionaryAreNotOurs) {
  std::string frame = packed(some_content(300));
  for (const int flag : {0x08, 0x01, 0x02}) {
    std::string other = frame;
    other[4] = static_cast<char>(other[4] | flag);
    EXPECT_FALSE(parse_frame_header(other)) << flag;
  }
  frame[4] = 0x04;  // a window, no size
  EXPECT_FALSE(parse_frame_header(frame));
  frame[4] = 0x60;  // no checksum
  EXPECT_FALSE(parse_frame_header(frame));
}

TEST(FrameDecoder, GivesBackWhatWasPackedWhateverSizeTheHeaderClaims) {
  for (const std::size_t bytes : kSizes) {
    const std::string content = some_content(bytes);
    const std::string frame = packed(content);
    const auto header = parse_frame_header(frame);
    for (std::size_t at = header->bytes - 1; at > (header->is_single_segment ? 4U : 5U); --at) {
      std::string wrong = frame;
      wrong[at] = static_cast<char>(wrong[at] ^ 0x11);
      std::string back;
      const DecodedFrame seen = decoded(wrong, bytes, &back);
      EXPECT_TRUE(seen.is_sound && back == content) << bytes << ", " << at;
      EXPECT_EQ(seen.file_bytes, frame.size());
      EXPECT_EQ(decoded(wrong, kFrameContentBytesMax).content_bytes, bytes);
    }
  }
}

TEST(FrameDecoder, GivesAllThatLiesBeforeADamagedBlock) {
  constexpr std::size_t kBlockBytes = 128 * 1024;
  const std::string content = some_content(3 * kBlockBytes);
  std::string frame = packed(content);
  const std::size_t first_block = parse_frame_header(frame)->bytes;
  const auto byte = [&frame](std::size_t at) { return static_cast<unsigned char>(frame[at]); };
  const std::size_t block_bytes =
      (byte(first_block) | byte(first_block + 1) << 8U | byte(first_block + 2) << 16U) >> 3U;
  frame[first_block + 3 + block_bytes] = static_cast<char>(0x06);  // the second block's header: no such type
  std::string back;
  EXPECT_FALSE(decoded(frame, content.size(), &back).is_sound);
  EXPECT_TRUE(back == content.substr(0, kBlockBytes));
}

TEST(FrameDecoder, NeverDecodesMoreThanItIsAllowed) {
  const std::string frame = packed(some_content(3'000'000));
  for (const std::uint64_t bytes_max : {0U, 1U, 128U * 1024, 2'999'999U}) {
    std::string back;
    const DecodedFrame seen = decoded(frame, bytes_max, &back);
    EXPECT_FALSE(seen.is_sound);
    EXPECT_LE(seen.content_bytes, bytes_max);
    EXPECT_EQ(back.size(), seen.content_bytes);
  }
}

TEST(FrameDecoder, AGigabyteThatIsClaimedIsNotBelieved) {
  for (const unsigned char descriptor : {0xE4, 0xC4}) {  // size in 8 bytes, with and without a window
    std::string frame(kFrameMagic);
    frame += static_cast<char>(descriptor);
    if (descriptor == 0xC4) frame += static_cast<char>(0x88);
    frame += std::string(7, '\0') + "\x10";
    frame += std::string(100, 'x');
    EXPECT_EQ(parse_frame_header(frame)->content_bytes, 1ULL << 60U);
    EXPECT_FALSE(decoded(frame, kFrameContentBytesMax).is_sound);
  }
}

TEST(FrameDecoder, ACutOrChangedFrameIsNeverSound) {
  const std::string frame = packed(some_content(300));
  for (std::size_t at = 0; at < frame.size(); ++at) {
    EXPECT_FALSE(decoded(frame.substr(0, at), 1000).is_sound) << at;
    std::string changed = frame;
    changed[at] = static_cast<char>(changed[at] ^ 0xFF);
    const bool is_size = at == 5 || at == 6;
    EXPECT_EQ(decoded(changed, 1000).is_sound, is_size) << at;
  }
}

}  // namespace
}  // namespace crawlspool::spool
