#include "daemon/spool/compressed/compressed_source.h"

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "tests/support/compressed_segment.h"
#include "tests/support/temp_dir.h"

namespace crawlspool::spool {
namespace {

using test::file_of;
using test::sound_offsets;
using Offsets = std::vector<std::size_t>;

constexpr Position kBegin = 4096;

// Megabytes, in the file too.
std::string lines_hard_to_compress(unsigned seed = 1) {
  std::mt19937 random(seed);
  std::string content;
  while (content.size() < 4'000'000) {
    std::string record = "\"";
    for (int i = 0; i < 1000; ++i) record += static_cast<char>('0' + random() % 64);
    content += record + "\n";
  }
  return content;
}

class CompressedSourceTest : public ::testing::Test {
 protected:
  CompressedSourceTest() { compress(test::some_lines(12), 300); }

  void compress(const std::string& lines, std::uint64_t block_bytes_min) {
    content = lines;
    disk.put(file_of(kBegin, SegmentKind::kSealed), content);
    ASSERT_TRUE(compress_segment(*directory, kBegin, test::small_blocks(block_bytes_min)).has_value());
    compressed = *disk.content(file_of(kBegin, SegmentKind::kCompressed));
    index = *disk.content(index_file_name(kBegin));
    blocks = *parse_index(index);
  }
  void put_compressed(const std::string& bytes) { disk.put(file_of(kBegin, SegmentKind::kCompressed), bytes); }
  void put_index(const std::string& text) { disk.put(index_file_name(kBegin), text); }
  void remove_index() { static_cast<void>(directory->remove(index_file_name(kBegin))); }

  [[nodiscard]] std::unique_ptr<CompressedSource> open(std::optional<std::uint64_t> expected = std::nullopt) {
    auto source = CompressedSource::open(*directory, kBegin, expected);
    EXPECT_TRUE(source.has_value());
    return std::move(*source);
  }
  [[nodiscard]] std::string read(std::optional<std::uint64_t> expected = std::nullopt, std::size_t step = 1 << 20) {
    return test::read_whole(*open(expected), step);
  }

  // Each sound line of `seen` lies where it lies in `content`.
  void expect_nothing_misread(const std::string& seen, const std::string& where) {
    for (const std::size_t at : sound_offsets(seen)) {
      const std::size_t bytes = seen.find('\n', at) + 1 - at;
      EXPECT_EQ(seen.substr(at, bytes), at < content.size() ? content.substr(at, bytes) : "") << where << ": " << at;
    }
  }
  // Besides, only lines of the block that holds the file's byte `damaged_at` are not there, and the length is right.
  void expect_one_block_hurt(const std::string& seen, std::size_t damaged_at, const std::string& where) {
    expect_nothing_misread(seen, where);
    EXPECT_EQ(seen.size(), content.size()) << where;
    const Offsets all = sound_offsets(seen);
    for (const Block& block : blocks) {
      if (damaged_at >= block.offset && damaged_at < block.offset + block.file_bytes) continue;
      for (const std::size_t at : sound_offsets(content)) {
        const bool is_in_block = at + kBegin >= block.position && at + kBegin < block.position + block.bytes;
        EXPECT_TRUE(!is_in_block || std::binary_search(all.begin(), all.end(), at)) << where << ": lost " << at;
      }
    }
  }
  void for_each_flip(const std::function<void(std::size_t at, const std::string& where)>& check) {
    for (std::size_t at = 0; at < compressed.size(); ++at)
      for (const int bits : {0x01, 0x10, 0x80, 0xFF}) {
        std::string flipped = compressed;
        flipped[at] = static_cast<char>(flipped[at] ^ bits);
        put_compressed(flipped);
        check(at, std::to_string(at) + " of " + std::to_string(compressed.size()) + " ^ " + std::to_string(bits));
      }
  }

  test::ForgetfulDisk disk;
  std::unique_ptr<Directory> directory = disk.open();
  std::string content;
  std::string compressed;
  std::string index;
  Blocks blocks;
};

TEST_F(CompressedSourceTest, ReadsAsThePlainFileDoes) {
  ASSERT_GT(blocks.size(), 3U);
  for (const bool has_index : {true, false}) {
    if (!has_index) remove_index();
    for (const std::size_t step : {1, 7, 300, 100000}) EXPECT_TRUE(read(std::nullopt, step) == content) << step;
    const auto source = open();
    EXPECT_EQ(source->size(), content.size());
    for (std::size_t at = content.size() + 2; at-- > 0;) {
      std::string piece(500, '?');
      const auto n = source->read_at(at, piece);
      ASSERT_TRUE(n.has_value());
      EXPECT_EQ(piece.substr(0, *n), at < content.size() ? content.substr(at, 500) : "") << at;
    }
    EXPECT_FALSE(source->has_met_damage());
  }
}

TEST_F(CompressedSourceTest, ASeekReadsOneBlockOnly) {
  compress(test::some_lines(4000, 500), 200'000);
  const auto source = open();
  disk.forget_calls();
  char byte = 0;
  ASSERT_TRUE(source->read_at(content.size() / 2, std::span(&byte, 1)).has_value());
  std::uint64_t bytes = 0;
  for (const auto& call : disk.calls()) bytes += call.bytes;
  EXPECT_LE(bytes, 2 * blocks.front().file_bytes);
}

TEST_F(CompressedSourceTest, ReadingOnDecodesEachBlockOnce) {
  compress(lines_hard_to_compress(), 1'000'000);
  const auto source = open();
  disk.forget_calls();
  EXPECT_TRUE(test::read_whole(*source, 10'000) == content);
  std::uint64_t bytes = 0;
  for (const auto& call : disk.calls()) bytes += call.bytes;
  EXPECT_LE(bytes, compressed.size() + compressed.size() / 5);
}

TEST_F(CompressedSourceTest, AFailedReadLeavesNothingHalfDone) {
  compress(lines_hard_to_compress(), 1'000'000);
  const auto source = open();
  std::string piece(100, '?');
  ASSERT_TRUE(source->read_at(0, piece).has_value());
  disk.fail({test::Call::kRead, EIO, ".zst"});
  EXPECT_FALSE(source->read_at(content.size() - 100, piece).has_value());
  for (const std::size_t at : {std::size_t{0}, content.size() - 100}) {
    ASSERT_TRUE(source->read_at(at, piece).has_value());
    EXPECT_EQ(piece, content.substr(at, 100));
  }
}

TEST_F(CompressedSourceTest, ABlockThatIsShorterThanItsPlaceIsDamaged) {
  Blocks longer = blocks;
  longer.back().bytes += 10;
  CompressedSource source(std::move(*directory->open(file_of(kBegin, SegmentKind::kCompressed), OpenMode::kRead)),
                          longer);
  EXPECT_TRUE(test::read_whole(source, 1000) == content + std::string(9, '\0') + "\n");
  EXPECT_TRUE(source.has_met_damage());
}

TEST_F(CompressedSourceTest, AFlippedByteHurtsItsBlockOnly) {
  for_each_flip([&](std::size_t at, const std::string& where) { expect_one_block_hurt(read(), at, where); });
}

TEST_F(CompressedSourceTest, AFlippedByteHurtsItsBlockOnlyWhereTheLengthIsAllThatIsKnown) {
  remove_index();
  for_each_flip(
      [&](std::size_t at, const std::string& where) { expect_one_block_hurt(read(content.size()), at, where); });
}

TEST_F(CompressedSourceTest, WithNothingKnownAFlippedByteHurtsNothingBefore) {
  remove_index();
  for_each_flip([&](std::size_t at, const std::string& where) {
    const auto block = std::find_if(blocks.rbegin(), blocks.rend(), [&](const Block& f) { return f.offset <= at; });
    const std::size_t before = block->position - kBegin;
    EXPECT_EQ(read().substr(0, before), content.substr(0, before)) << where;
  });
}

TEST_F(CompressedSourceTest, DamageIsOneLineOfTheRightLength) {
  const Block& hurt = blocks[1];
  std::string bytes = compressed;
  bytes.replace(hurt.offset + 4, hurt.file_bytes - 4, hurt.file_bytes - 4, 'x');
  put_compressed(bytes);
  const std::size_t begin = hurt.position - kBegin;
  const std::string expected =
      content.substr(0, begin) + std::string(hurt.bytes - 1, '\0') + "\n" + content.substr(begin + hurt.bytes);
  EXPECT_TRUE(read() == expected);
  EXPECT_TRUE(read(std::nullopt, 1) == expected);
  remove_index();
  EXPECT_TRUE(read(content.size()) == expected);
}

TEST_F(CompressedSourceTest, WhatComesBeforeTheDamageInABlockIsThere) {
  compress(test::some_lines(2000, 500), 1U << 30U);
  ASSERT_EQ(blocks.size(), 1U);
  std::string bytes = compressed;
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x55);
  put_compressed(bytes);
  const std::string seen = read();
  expect_one_block_hurt(seen, bytes.size() / 2, "");
  EXPECT_GT(sound_offsets(seen).size(), 2000U / 3);
  EXPECT_LT(sound_offsets(seen).size(), 2000U);
}

TEST_F(CompressedSourceTest, ABlockThatClaimsAWrongSizeIsThereInFull) {
  std::string bytes = compressed;
  const std::size_t size_field = blocks[1].offset + 5;
  bytes[size_field] = static_cast<char>(bytes[size_field] ^ 0x40);
  put_compressed(bytes);
  EXPECT_TRUE(read() == content);
  remove_index();
  EXPECT_TRUE(read() == content);
}

TEST_F(CompressedSourceTest, DamageInSeveralBlocksIsNeverMisread) {
  for (unsigned seed = 0; seed < 4000 && !HasFailure(); ++seed) {
    std::mt19937 random(seed);
    const auto below = [&random](std::size_t n) {
      return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
    };
    const bool has_index = seed % 2 == 0;
    has_index ? put_index(index) : remove_index();
    std::string bytes = compressed;
    for (const Block& block : blocks) {
      if (below(2) == 0) continue;
      const std::size_t at = block.offset + below(block.file_bytes);
      const std::size_t end = std::min(block.offset + block.file_bytes, at + 1 + below(below(6) == 0 ? 500 : 6));
      for (std::size_t i = at; i < end; ++i) bytes[i] = static_cast<char>(below(256));
    }
    if (has_index && below(4) == 0) bytes.resize(below(bytes.size()));
    put_compressed(bytes);
    const std::string seen = read(content.size());
    expect_nothing_misread(seen, std::to_string(seed));
    EXPECT_LE(seen.size(), content.size());
  }
}

TEST_F(CompressedSourceTest, ABlockWhoseChecksumOnlyIsDamagedIsThereInFull) {
  std::string bytes = compressed;
  const std::size_t checksum = blocks[1].offset - 1;
  bytes[checksum] = static_cast<char>(bytes[checksum] ^ 1);
  put_compressed(bytes);
  const auto source = open();
  EXPECT_TRUE(test::read_whole(*source, 100) == content);
  EXPECT_TRUE(source->has_met_damage());
}

TEST_F(CompressedSourceTest, ACutFileLosesNothingBeforeTheCut) {
  for (const bool has_index : {true, false}) {
    if (!has_index) remove_index();
    for (std::size_t cut = 0; cut < compressed.size(); ++cut) {
      const std::string where = std::to_string(cut) + (has_index ? " with" : " without");
      put_compressed(compressed.substr(0, cut));
      const std::string seen = read(content.size());
      expect_nothing_misread(seen, where);
      EXPECT_LE(seen.size(), content.size()) << where;
      for (const Block& block : blocks) {
        const std::size_t end = block.position + block.bytes - kBegin;
        const bool is_whole = block.offset + block.file_bytes <= cut;
        EXPECT_TRUE(!is_whole || seen.substr(0, end) == content.substr(0, end)) << where;
      }
      expect_nothing_misread(read(), where);
    }
  }
}

TEST_F(CompressedSourceTest, GarbageBetweenBlocksHurtsNothing) {
  for (const bool has_index : {true, false}) {
    if (!has_index) remove_index();
    for (const Block& block : blocks)
      for (const std::string& garbage : {std::string("x"), std::string(5000, '\0'), std::string("\x28\xb5\x2f\xfd")}) {
        put_compressed(std::string(compressed).insert(block.offset, garbage));
        EXPECT_TRUE(read(content.size()) == content);
        EXPECT_TRUE(!has_index || read() == content);
      }
  }
}

TEST_F(CompressedSourceTest, EveryFlippedByteOfTheIndexIsHarmless) {
  for (std::size_t at = 0; at < index.size(); ++at) {
    std::string flipped = index;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    put_index(flipped);
    EXPECT_TRUE(read() == content) << at;
  }
}

TEST_F(CompressedSourceTest, AnIndexThatLiesIsNotBelieved) {
  Blocks lie = blocks;
  lie[0].bytes += 10;
  for (std::size_t i = 1; i < lie.size(); ++i) lie[i].position += 10;
  put_index(render_index(lie));
  EXPECT_TRUE(read() == content);

  lie = blocks;
  lie[0].file_bytes += lie[1].file_bytes;
  lie[0].bytes += lie[1].bytes;
  lie.erase(lie.begin() + 1);
  put_index(render_index(lie));
  EXPECT_TRUE(read() == content);

  lie = blocks;
  lie.pop_back();
  put_index(render_index(lie));
  EXPECT_TRUE(read() == content);
}

TEST_F(CompressedSourceTest, AFileOfNothingButGarbageIsDamageOfTheRightLength) {
  put_compressed(std::string(compressed.size(), 'x'));
  std::string expected;
  for (const Block& block : blocks) expected += std::string(block.bytes - 1, '\0') + "\n";
  EXPECT_TRUE(read() == expected);
  remove_index();
  EXPECT_TRUE(read(content.size()) == std::string(content.size() - 1, '\0') + "\n");
}

TEST_F(CompressedSourceTest, DamageIsNeverLargerThanItsPlaceInTheFileCanHold) {
  remove_index();
  put_compressed(std::string(4000, 'x'));
  EXPECT_EQ(open(100'000'000)->size(), 100'000'000U);
  EXPECT_LT(open(1ULL << 50U)->size().value(), 1000U);
}

TEST_F(CompressedSourceTest, AHoleTakesNoMemory) {
  remove_index();
  constexpr std::uint64_t kHole = 30ULL << 30U;
  put_compressed(std::string(1024 * 1024, 'x'));
  const auto source = open(kHole);
  EXPECT_EQ(source->size(), kHole);
  std::string piece(4, '?');
  ASSERT_TRUE(source->read_at(kHole - 2, piece).has_value());
  EXPECT_EQ(piece.substr(0, 2), std::string("\0\n", 2));
}

TEST_F(CompressedSourceTest, ThousandsOfFalseBlockStartsAreGivenUpOn) {
  remove_index();
  std::string bytes;
  for (int i = 0; i < 100'000; ++i) bytes += "\x28\xb5\x2f\xfd";
  put_compressed(bytes + compressed);
  disk.forget_calls();
  EXPECT_EQ(read(content.size()).size(), content.size());
  EXPECT_LT(disk.calls().size(), 5000U);
}

TEST_F(CompressedSourceTest, ABlockBehindDamageIsFoundWhereverASearchHasToBeginAnew) {
  remove_index();
  for (std::size_t garbage = 256 * 1024 - 4; garbage <= 256 * 1024 + 4; ++garbage) {
    put_compressed(std::string(garbage, 'x') + compressed);
    EXPECT_TRUE(read(content.size()) == content) << garbage;
  }
}

TEST_F(CompressedSourceTest, DamagedBlocksSideBySideKeepTheirLengthsWithoutAnIndex) {
  remove_index();
  std::string bytes = compressed;
  for (const std::size_t i : {1, 2}) bytes[blocks[i].offset + 30] = static_cast<char>(bytes[blocks[i].offset + 30] ^ 8);
  put_compressed(bytes);
  for (const std::uint64_t expected : {content.size(), content.size() + 1000}) {  // with a segment missing behind
    const auto source = open(expected);
    ASSERT_EQ(source->blocks().size(), blocks.size());
    for (std::size_t i = 0; i < blocks.size(); ++i) EXPECT_EQ(source->blocks()[i].position, blocks[i].position);
    EXPECT_EQ(source->size(), content.size());
  }
}

TEST_F(CompressedSourceTest, ADamagedBlockThatClaimsMoreThanThereCanBeIsNotBelieved) {
  remove_index();
  std::string bytes = compressed;
  for (const std::size_t at : {blocks[1].offset + 6, blocks[1].offset + 30})
    bytes[at] = static_cast<char>(bytes[at] ^ 8);
  put_compressed(bytes);
  expect_one_block_hurt(read(content.size()), blocks[1].offset, "");
}

TEST_F(CompressedSourceTest, DamageOfUnknownLengthIsNoBlankLine) {
  remove_index();
  put_compressed(compressed + "x");
  EXPECT_TRUE(read() == content + std::string("\0\n", 2));
}

// Its exit code; nothing if there is no such program.
std::optional<int> run(std::vector<std::string> words) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t pid = 0;
  int status = 0;
  if (::posix_spawnp(&pid, arguments[0], nullptr, nullptr, arguments.data(), environ) != 0) return std::nullopt;
  if (::waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

TEST_F(CompressedSourceTest, TheStandardToolReadsIt) {
  const test::TempDir temp;
  const auto exit_code = run({"zstd", "-q", "-d", temp.write("s.ndjson.zst", compressed), "-o", temp.file("s.ndjson")});
  if (!exit_code) GTEST_SKIP() << "no zstd here";
  EXPECT_EQ(exit_code, 0);
  EXPECT_TRUE(test::read_all(temp.file("s.ndjson")) == content);
}

}  // namespace
}  // namespace crawlspool::spool
