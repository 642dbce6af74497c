#include "daemon/spool/rejected_log.h"

#include <algorithm>
#include <cerrno>

#include "daemon/base/text.h"
#include "daemon/spool/layout.h"
#include "daemon/spool/line.h"

namespace crawlspool::spool {
namespace {

using base::Result;

constexpr std::string_view kSuffix = ".ndjson";
constexpr std::uint64_t kFilesPerLimit = 4;  // so that dropping the oldest drops a quarter at most
constexpr std::size_t kFilesMax = 256;       // restarts make files too

void append_text(std::string& out, std::string_view key, std::string_view value) {
  out += key;
  base::append_json_escaped(out, value);
  out += '"';
}

// The newest whole lines that fit `bytes_max`.
std::string_view newest_lines(std::string_view lines, std::uint64_t bytes_max) {
  if (lines.size() <= bytes_max) return lines;
  const std::size_t cut = lines.find('\n', lines.size() - bytes_max - 1);
  return lines.substr(cut == std::string_view::npos ? lines.size() : cut + 1);
}

}  // namespace

void append_rejected_line(std::string& out, const RejectedRecord& record, std::string_view timestamp) {
  const std::size_t start = out.size();
  append_text(out, "{\"ts\":\"", timestamp);
  append_text(out, ",\"code\":\"", record.code);
  append_text(out, ",\"detail\":\"", record.detail);
  if (record.offset) out += ",\"offset\":" + std::to_string(*record.offset);
  if (!record.client.empty()) append_text(out, ",\"client\":\"", record.client);
  if (!record.session.empty()) append_text(out, ",\"session\":\"", record.session);
  if (record.seq != 0) out += ",\"seq\":" + std::to_string(record.seq);
  append_text(out, ",\"via\":\"", record.via);
  append_text(out, ",\"peer\":\"", record.peer);
  out += ",\"length\":" + std::to_string(record.raw.size());
  out += ",\"raw\":\"";
  base::append_base64(out, record.raw.substr(0, kRejectedRawBytesMax));
  out += '"';
  append_crc_trailer(out, start);
}

Result<std::unique_ptr<RejectedLog>> RejectedLog::open(Directory& spool_directory, std::uint64_t bytes_max) {
  auto directory = spool_directory.open_directory(std::string(kRejectedName));
  if (!directory) return tl::unexpected(directory.error());
  std::unique_ptr<RejectedLog> log(new RejectedLog(std::move(*directory), bytes_max));
  if (auto stock = log->take_stock(); !stock) return tl::unexpected(stock.error());
  return log;
}

Result<void> RejectedLog::take_stock() {
  const auto entries = directory_->list();
  if (!entries) return tl::unexpected(entries.error());
  for (const DirectoryEntry& entry : *entries) {
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
  do {  // a name that something foreign has taken is passed over
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

Result<void> RejectedLog::append_and_sync(std::string_view lines) {
  lines = newest_lines(lines, bytes_max_);
  if (lines.empty()) return {};
  if (auto room = make_room(lines.size()); !room) return room;
  KeptFile& file = files_.back();
  const std::string_view parts[] = {lines};
  const auto written = write_fully(*current_, file.bytes, parts).and_then([&] { return current_->sync_data(); });
  if (!written) {
    if (written.error().code == base::ErrorCode::kDiskFull)
      if (auto cut = current_->truncate(file.bytes).and_then([&] { return current_->sync(); }); !cut)
        return base::fail(base::ErrorCode::kIo, cut.error().context, cut.error().errno_value);  // not to be waited out
    return written;
  }
  file.bytes += lines.size();
  total_bytes_ += lines.size();
  return {};
}

}  // namespace crawlspool::spool
