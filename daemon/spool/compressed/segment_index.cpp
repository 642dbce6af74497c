#include "daemon/spool/compressed/segment_index.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "daemon/spool/compressed/frame_layout.h"
#include "daemon/spool/lines/line.h"

namespace crawlspool::spool {
namespace {

using nlohmann::json;

constexpr std::size_t kIndexBytesMax = 16 * 1024 * 1024;
// zstd stores what it cannot compress as it is; its headers add less than this.
constexpr std::uint64_t kFrameFileBytesMax = 2 * kFrameContentBytesMax;

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

std::optional<Frame> parse_frame(const json& object) {
  if (!object.is_object()) return std::nullopt;
  const auto position = number_of(object, "position");
  const auto bytes = number_of(object, "bytes");
  const auto offset = number_of(object, "offset");
  const auto in_file = number_of(object, "file_bytes");
  if (!position || !bytes || !offset || !in_file) return std::nullopt;
  if (*bytes > kFrameContentBytesMax || *in_file > kFrameFileBytesMax) return std::nullopt;
  return Frame{*position, *bytes, *offset, *in_file,
               TimestampRange{text_of(object, "ts_min"), text_of(object, "ts_max")}};
}

bool follows(const Frame& frame, Position position, std::uint64_t offset) {
  return frame.position == position && frame.offset == offset &&
         frame.bytes <= std::numeric_limits<Position>::max() - position;
}

std::optional<Frames> parse_frames(const json& array, Position position) {
  if (!array.is_array() || array.empty()) return std::nullopt;
  Frames frames;
  std::uint64_t offset = 0;
  for (const json& object : array) {
    auto frame = parse_frame(object);
    if (!frame || !follows(*frame, position, offset)) return std::nullopt;
    position += frame->bytes;
    offset += frame->file_bytes;
    frames.push_back(std::move(*frame));
  }
  return frames;
}

}  // namespace

std::uint64_t content_bytes(const Frames& frames) {
  return frames.empty() ? 0 : frames.back().position + frames.back().bytes - frames.front().position;
}

std::uint64_t file_bytes(const Frames& frames) {
  return frames.empty() ? 0 : frames.back().offset + frames.back().file_bytes;
}

std::string render_index(const Frames& frames) {
  std::string text = "{\"format\":" + std::to_string(kFormatVersion);
  append_member(text, "position", frames.front().position);
  append_member(text, "bytes", content_bytes(frames));
  append_member(text, "file_bytes", file_bytes(frames));
  text += ",\"frames\":[";
  for (const Frame& frame : frames) {
    text += &frame == &frames.front() ? "{" : ",{";
    text += "\"position\":" + std::to_string(frame.position);
    append_member(text, "bytes", frame.bytes);
    append_member(text, "offset", frame.offset);
    append_member(text, "file_bytes", frame.file_bytes);
    append_member(text, "ts_min", frame.timestamps->least);
    append_member(text, "ts_max", frame.timestamps->greatest);
    text += "}";
  }
  text += "]";
  append_crc_trailer(text, 0);
  return text;
}

std::optional<Frames> parse_index(std::string_view text) {
  if (!has_sound_trailer(text)) return std::nullopt;
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object() || number_of(object, "format") != kFormatVersion) return std::nullopt;
  const auto position = number_of(object, "position");
  const auto frames = object.find("frames");
  if (!position || frames == object.end()) return std::nullopt;
  auto parsed = parse_frames(*frames, *position);
  const bool adds_up = parsed && number_of(object, "bytes") == content_bytes(*parsed) &&
                       number_of(object, "file_bytes") == file_bytes(*parsed);
  return adds_up ? parsed : std::nullopt;
}

std::optional<Frames> read_index(Directory& directory, Position position) {
  const auto text = read_small_file(directory, index_file_name(position), kIndexBytesMax);
  if (!text) return std::nullopt;
  auto frames = parse_index(*text);
  return frames && frames->front().position == position ? std::move(frames) : std::nullopt;
}

}  // namespace crawlspool::spool
