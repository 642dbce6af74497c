#include "daemon/spool/compressed/segment_index.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "daemon/spool/compressed/block_layout.h"
#include "daemon/spool/lines/line.h"

namespace crawlspool::spool {
namespace {

using nlohmann::json;

constexpr std::size_t kIndexBytesMax = 16 * 1024 * 1024;
// Where zstd cannot compress it stores the bytes as they are; its headers add less than this.
constexpr std::uint64_t kBlockFileBytesMax = 2 * kBlockContentBytesMax;

void append_member(std::string& out, std::string_view key, std::uint64_t value) {
  out.append(",\"").append(key).append("\":").append(std::to_string(value));
}

void append_member(std::string& out, std::string_view key, const std::string& text) {
  if (!text.empty()) out.append(",\"").append(key).append("\":\"").append(text).append("\"");
}

std::optional<std::uint64_t> number_of(const json& object, const char* key) {
  const auto member = object.find(key);
  if (member == object.end() || !member->is_number_unsigned()) return std::nullopt;
  return member->get<std::uint64_t>();
}

std::string text_of(const json& object, const char* key) {
  const auto member = object.find(key);
  return member != object.end() && member->is_string() ? member->get<std::string>() : std::string();
}

std::optional<Block> parse_block(const json& object) {
  if (!object.is_object()) return std::nullopt;
  const auto position = number_of(object, "position");
  const auto bytes = number_of(object, "bytes");
  const auto offset = number_of(object, "offset");
  const auto in_file = number_of(object, "file_bytes");
  if (!position || !bytes || !offset || !in_file) return std::nullopt;
  if (*bytes > kBlockContentBytesMax || *in_file > kBlockFileBytesMax) return std::nullopt;
  return Block{*position, *bytes, *offset, *in_file,
               TimestampRange{text_of(object, "ts_min"), text_of(object, "ts_max")}};
}

bool follows(const Block& block, Position position, std::uint64_t offset) {
  return block.position == position && block.offset == offset &&
         block.bytes <= std::numeric_limits<Position>::max() - position;
}

std::optional<Blocks> parse_blocks(const json& array, Position position) {
  if (!array.is_array() || array.empty()) return std::nullopt;
  Blocks blocks;
  std::uint64_t offset = 0;
  for (const json& object : array) {
    auto block = parse_block(object);
    if (!block || !follows(*block, position, offset)) return std::nullopt;
    position += block->bytes;
    offset += block->file_bytes;
    blocks.push_back(std::move(*block));
  }
  return blocks;
}

}  // namespace

std::uint64_t content_bytes(const Blocks& blocks) {
  return blocks.empty() ? 0 : blocks.back().position + blocks.back().bytes - blocks.front().position;
}

std::uint64_t file_bytes(const Blocks& blocks) {
  return blocks.empty() ? 0 : blocks.back().offset + blocks.back().file_bytes;
}

std::string render_index(const Blocks& blocks) {
  std::string text = "{\"format\":" + std::to_string(kFormatVersion);
  append_member(text, "position", blocks.front().position);
  append_member(text, "bytes", content_bytes(blocks));
  append_member(text, "file_bytes", file_bytes(blocks));
  text += ",\"frames\":[";
  for (const Block& block : blocks) {
    text += &block == &blocks.front() ? "{" : ",{";
    text += "\"position\":" + std::to_string(block.position);
    append_member(text, "bytes", block.bytes);
    append_member(text, "offset", block.offset);
    append_member(text, "file_bytes", block.file_bytes);
    append_member(text, "ts_min", block.timestamps->least);
    append_member(text, "ts_max", block.timestamps->greatest);
    text += "}";
  }
  text += "]";
  append_crc_trailer(text, 0);
  return text;
}

std::optional<Blocks> parse_index(std::string_view text) {
  if (!has_sound_trailer(text)) return std::nullopt;
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object() || number_of(object, "format") != kFormatVersion) return std::nullopt;
  const auto position = number_of(object, "position");
  const auto blocks = object.find("frames");
  if (!position || blocks == object.end()) return std::nullopt;
  auto parsed = parse_blocks(*blocks, *position);
  const bool adds_up = parsed && number_of(object, "bytes") == content_bytes(*parsed) &&
                       number_of(object, "file_bytes") == file_bytes(*parsed);
  return adds_up ? parsed : std::nullopt;
}

std::optional<Blocks> read_index(Directory& directory, Position position) {
  const auto text = read_small_file(directory, index_file_name(position), kIndexBytesMax);
  if (!text) return std::nullopt;
  auto blocks = parse_index(*text);
  return blocks && blocks->front().position == position ? std::move(blocks) : std::nullopt;
}

}  // namespace crawlspool::spool
