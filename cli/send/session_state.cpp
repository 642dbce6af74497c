#include "cli/send/session_state.h"

#include <nlohmann/json.hpp>

#include "daemon/spool/lines/line.h"
#include "proto/names.h"

namespace crawlspool::cli {
namespace {

using base::ErrorCode;
using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::uint64_t kFormat = 1;

bool read(const json& object, const char* key, std::uint64_t& value) {
  const auto at = object.find(key);
  if (at == object.end() || !at->is_number_unsigned()) return false;
  value = at->get<std::uint64_t>();
  return true;
}

bool read(const json& object, const char* key, std::string& value) {
  const auto at = object.find(key);
  if (at == object.end() || !at->is_string()) return false;
  value = at->get<std::string>();
  return true;
}

bool read_all(const json& object, SessionState& state) {
  const json input = object.value("input", json());
  const json settled = object.value("settled", json());
  const json covered = object.value("covered", json());
  std::uint64_t crc = 0;
  const bool is_whole = read(object, "session", state.session) && read(object, "client", state.client) &&
                        read(object, "server", state.server) && read(input, "path", state.input_path) &&
                        read(input, "device", state.device) && read(input, "inode", state.inode) &&
                        read(settled, "number", state.number) && read(settled, "offset", state.offset) &&
                        read(settled, "line", state.line) && read(settled, "rejected", state.rejected) &&
                        read(covered, "bytes", state.covered.bytes) && read(covered, "crc32", crc);
  state.covered.crc32 = static_cast<std::uint32_t>(crc);
  return is_whole && proto::is_session(state.session) && proto::is_client_name(state.client) &&
         state.offset <= state.covered.bytes && crc <= UINT32_MAX;
}

}  // namespace

std::string render(const SessionState& state) {
  const ordered_json object{
      {"format", kFormat},
      {"session", state.session},
      {"client", state.client},
      {"server", state.server},
      {"input", {{"path", state.input_path}, {"device", state.device}, {"inode", state.inode}}},
      {"settled",
       {{"number", state.number}, {"offset", state.offset}, {"line", state.line}, {"rejected", state.rejected}}},
      {"covered", {{"bytes", state.covered.bytes}, {"crc32", state.covered.crc32}}}};
  // A path may be any bytes.
  std::string line = object.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  line.pop_back();  // the trailer closes the object
  spool::append_crc_trailer(line, 0);
  return line;
}

base::Result<SessionState> parse_session_state(std::string_view text) {
  const json object = spool::has_sound_trailer(text) ? json::parse(text, nullptr, false) : json();
  std::uint64_t format = 0;
  if (!object.is_object() || !read(object, "format", format))
    return base::fail(ErrorCode::kDamaged, "is damaged, or no session file");
  if (format != kFormat)
    return base::fail(ErrorCode::kConfig, "is of format " + std::to_string(format) + "; this program knows format " +
                                              std::to_string(kFormat));
  SessionState state;
  if (!read_all(object, state)) return base::fail(ErrorCode::kDamaged, "is damaged, or no session file");
  return state;
}

}  // namespace crawlspool::cli
