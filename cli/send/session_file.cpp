#include "cli/send/session_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/common/console.h"
#include "daemon/spool/lines/line.h"
#include "proto/names.h"

namespace crawlspool::cli {
namespace {

using base::ErrorCode;
using base::fail;
using base::fail_errno;
using base::Result;
using base::UniqueFd;
using nlohmann::json;
using nlohmann::ordered_json;

constexpr mode_t kMode = 0600;
constexpr std::size_t kFileBytesMax = 64 * 1024;

Result<void> write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("write to " + shown(path), errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

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
  const json acknowledged = object.value("acknowledged", json());
  const json covered = object.value("covered", json());
  std::uint64_t crc = 0;
  const bool is_whole = read(object, "session", state.session) && read(object, "client", state.client) &&
                        read(object, "server", state.server) && read(input, "path", state.input_path) &&
                        read(input, "device", state.device) && read(input, "inode", state.inode) &&
                        read(acknowledged, "number", state.number) && read(acknowledged, "offset", state.offset) &&
                        read(acknowledged, "line", state.line) && read(acknowledged, "rejected", state.rejected) &&
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
      {"acknowledged",
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

Result<std::unique_ptr<SessionFile>> SessionFile::open(const std::string& path) {
  std::unique_ptr<SessionFile> file(new SessionFile(path));
  Result<bool> is_locked = false;
  while (is_locked && !*is_locked) is_locked = file->lock();
  if (!is_locked) return tl::unexpected(is_locked.error());
  CRAWLSPOOL_TRY(file->load());
  return file;
}

// A lock belongs to a file and not to its name: returns false if the one that was locked has been replaced meanwhile.
Result<bool> SessionFile::lock() {
  locked_.reset(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, kMode));
  if (!locked_.valid()) return fail_errno("open of session file " + shown(path_), errno);
  struct stat opened {};
  struct stat named {};
  if (::fstat(locked_.get(), &opened) != 0) return fail_errno("fstat of " + shown(path_), errno);
  if (!S_ISREG(opened.st_mode)) return fail(ErrorCode::kUsage, "session file " + shown(path_) + " is no regular file");
  if (::flock(locked_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail_errno("flock on " + shown(path_), errno);
    return fail(ErrorCode::kLocked, "session file " + shown(path_) + " is in use by another process");
  }
  if (::lstat(path_.c_str(), &named) != 0) {
    if (errno != ENOENT) return fail_errno("lstat of " + shown(path_), errno);
    return false;
  }
  return named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

Result<void> SessionFile::load() {
  std::string text(kFileBytesMax + 1, '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::pread(locked_.get(), text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("read of session file " + shown(path_), errno);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  text.resize(done);
  if (text.empty()) return {};
  auto state = parse_session_state(text);
  if (!state) return fail(state.error().code, "session file " + shown(path_) + " " + state.error().context);
  found_ = std::move(*state);
  return {};
}

// The new file is locked before it gets the name, so that there is no moment in which the name is free.
Result<void> SessionFile::save(const SessionState& state) {
  const std::string beside = path_ + ".new";
  UniqueFd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, kMode));
  if (!fd.valid()) return fail_errno("open of " + shown(beside), errno);
  if (::fchmod(fd.get(), kMode) != 0) return fail_errno("fchmod of " + shown(beside), errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return fail_errno("flock on " + shown(beside), errno);
  if (auto written = write_all(fd.get(), render(state), beside); !written) return written;
  if (::fsync(fd.get()) != 0) return fail_errno("fsync of " + shown(beside), errno);
  if (std::rename(beside.c_str(), path_.c_str()) != 0) return fail_errno("rename of " + shown(beside), errno);
  locked_ = std::move(fd);
  return sync_directory();
}

Result<void> SessionFile::sync_directory() const {
  const auto parent = std::filesystem::path(path_).parent_path();
  const std::string directory = parent.empty() ? "." : parent.string();
  const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return fail_errno("open of " + shown(directory), errno);
  if (::fsync(fd.get()) != 0) return fail_errno("fsync of " + shown(directory), errno);
  return {};
}

}  // namespace crawlspool::cli
