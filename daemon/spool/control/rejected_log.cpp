#include "daemon/spool/control/rejected_log.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <vector>

#include "daemon/base/text.h"
#include "daemon/spool/lines/line.h"
#include "daemon/spool/storage/layout.h"

namespace crawlspool::spool {
namespace {

using base::Result;

constexpr std::string_view kSuffix = ".ndjson";
constexpr std::uint64_t kFilesPerLimit = 4;  // so that dropping the oldest drops a quarter at most
constexpr std::size_t kFilesMax = 256;       // restarts make files too

constexpr std::string_view kTimestampKey = "{\"ts\":\"";
constexpr std::string_view kCodeKey = "\",\"code\":\"";
constexpr std::string_view kDetailKey = "\",\"detail\":\"";
constexpr std::string_view kOffsetKey = ",\"offset\":";
constexpr std::string_view kClientKey = ",\"client\":\"";
constexpr std::string_view kUserKey = ",\"user\":\"";
constexpr std::string_view kSessionKey = ",\"session\":\"";
constexpr std::string_view kSeqKey = ",\"seq\":";
constexpr std::string_view kViaKey = ",\"via\":\"";
constexpr std::string_view kPeerKey = "\",\"peer\":\"";
constexpr std::string_view kCharsetKey = ",\"charset\":\"";
constexpr std::string_view kLengthKey = ",\"length\":";
constexpr std::string_view kBriefMark = ",\"cut\":\"rate\"";
constexpr std::string_view kRawKey = ",\"raw\":\"";
constexpr std::size_t kNumberDigitsMax = 20;
constexpr std::size_t kFixedBytesMax = 512;  // of the keys, numbers, quotes and the trailer together

char* put(char* out, std::string_view text) { return std::copy(text.begin(), text.end(), out); }
char* put_number(char* out, std::string_view key, std::uint64_t number) {
  out = put(out, key);
  return std::to_chars(out, out + kNumberDigitsMax, number).ptr;
}
char* put_text(char* out, std::string_view key, std::string_view text) {
  return base::write_json_escaped(put(out, key), text);
}
// Writes nothing where `text` is empty.
char* put_member(char* out, std::string_view key, std::string_view text) {
  return text.empty() ? out : put(put_text(out, key, text), "\"");
}

std::string_view kept_raw(const RejectedRecord& record) {
  return record.raw.substr(0, record.is_brief ? kRejectedBriefBytesMax : kRejectedRawBytesMax);
}

// Returns the newest whole lines that fit into `bytes_max`.
std::vector<std::string_view> newest_lines(std::span<const std::string_view> parts, std::uint64_t bytes_max) {
  std::size_t bytes = bytes_of(parts);
  std::vector<std::string_view> newest;
  for (std::string_view part : parts) {
    if (bytes > bytes_max) {
      const std::size_t excess = bytes - bytes_max;
      const std::size_t cut = excess < part.size() ? part.find('\n', excess - 1) : std::string_view::npos;
      const std::size_t dropped = cut == std::string_view::npos ? part.size() : cut + 1;
      part.remove_prefix(dropped);
      bytes -= dropped;
    }
    if (!part.empty()) newest.push_back(part);
  }
  return newest;
}

}  // namespace

std::size_t rejected_line_bytes_max(const RejectedRecord& record) {
  const std::size_t text_bytes = record.code.size() + record.detail.size() + record.client.size() + record.user.size() +
                                 record.session.size() + record.via.size() + record.peer.size() + record.charset.size();
  return kFixedBytesMax + text_bytes * base::kJsonEscapedBytesMax + base::base64_bytes(kept_raw(record).size());
}

char* write_rejected_line(char* out, const RejectedRecord& record, std::string_view timestamp) {
  const char* const start = out;
  const std::string_view raw = kept_raw(record);
  out = put_text(out, kTimestampKey, timestamp);
  out = put_text(out, kCodeKey, record.code);
  out = put(put_text(out, kDetailKey, record.detail), "\"");
  if (record.offset) out = put_number(out, kOffsetKey, *record.offset);
  out = put_member(out, kClientKey, record.client);
  out = put_member(out, kUserKey, record.user);
  out = put_member(out, kSessionKey, record.session);
  if (record.seq != 0) out = put_number(out, kSeqKey, record.seq);
  out = put_text(out, kViaKey, record.via);
  out = put(put_text(out, kPeerKey, record.peer), "\"");
  out = put_member(out, kCharsetKey, record.charset);
  out = put_number(out, kLengthKey, record.raw.size());
  if (record.is_brief && raw.size() < record.raw.size()) out = put(out, kBriefMark);
  out = put(base::write_base64(put(out, kRawKey), raw), "\"");
  return write_crc_trailer(start, out);
}

Result<std::unique_ptr<RejectedLog>> RejectedLog::open(Directory& spool_directory, std::uint64_t bytes_max) {
  CRAWLSPOOL_TRY_AS(auto directory, spool_directory.open_directory(std::string(kRejectedName)));
  std::unique_ptr<RejectedLog> log(new RejectedLog(std::move(directory), bytes_max));
  CRAWLSPOOL_TRY(log->take_stock());
  return log;
}

Result<void> RejectedLog::take_stock() {
  CRAWLSPOOL_TRY_AS(const auto entries, directory_->list());
  for (const DirectoryEntry& entry : entries) {
    const auto number = parse_position_digits(std::string_view(entry.name).substr(0, kPositionDigits));
    if (entry.kind != EntryKind::kFile || !number || !entry.name.ends_with(kSuffix)) continue;
    auto file = directory_->open(entry.name, OpenMode::kRead);
    const std::uint64_t bytes = file ? (*file)->size().value_or(0) : 0;
    files_.push_back({entry.name, bytes});
    total_bytes_ += bytes;
    next_number_ = std::max(next_number_, *number + 1);
  }
  return {};
}

Result<void> RejectedLog::begin_file() {
  std::string name;
  base::Result<std::unique_ptr<File>> file = nullptr;
  do {  // passes over a name that something foreign has taken
    name = position_digits(next_number_++) + std::string(kSuffix);
    file = directory_->open(name, OpenMode::kCreateNew);
  } while (!file && file.error().errno_value == EEXIST);
  if (!file) return tl::unexpected(file.error());
  files_.push_back({name, 0});
  if (auto synced = directory_->sync(); !synced) return synced;  // a file that may be gone after a crash is not used
  current_ = std::move(*file);
  return {};
}

Result<void> RejectedLog::make_room(std::uint64_t bytes) {
  const bool file_is_full = current_ && files_.back().bytes + bytes > bytes_max_ / kFilesPerLimit;
  if (file_is_full) current_.reset();
  while (!files_.empty() && (total_bytes_ + bytes > bytes_max_ || files_.size() >= kFilesMax)) {
    if (files_.size() == 1) current_.reset();
    if (auto removed = directory_->remove(files_.front().name);
        !removed && removed.error().code != base::ErrorCode::kNotFound)
      return removed;
    total_bytes_ -= files_.front().bytes;
    files_.pop_front();
  }
  return current_ ? Result<void>{} : begin_file();
}

Result<void> RejectedLog::append_and_sync(std::span<const std::string_view> parts) {
  const std::vector<std::string_view> lines = newest_lines(parts, bytes_max_);
  const std::size_t bytes = bytes_of(lines);
  if (bytes == 0) return {};
  if (auto room = make_room(bytes); !room) return room;
  KeptFile& file = files_.back();
  const auto written = write_fully(*current_, file.bytes, lines).and_then([&] { return current_->sync_data(); });
  if (!written) {
    if (base::may_pass(written.error()))
      if (auto cut = current_->truncate(file.bytes).and_then([&] { return current_->sync(); }); !cut)
        return base::fail(base::ErrorCode::kIo, cut.error().context, cut.error().errno_value);  // not to be waited out
    return written;
  }
  file.bytes += bytes;
  total_bytes_ += bytes;
  return {};
}

}  // namespace crawlspool::spool
