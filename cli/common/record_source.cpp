#include "cli/common/record_source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "cli/common/console.h"
#include "cli/common/input_kind.h"

namespace crawlspool::cli {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;

bool is_stdin(const std::string& file) { return file == "-"; }
std::string name_of(const std::string& file) { return is_stdin(file) ? "<stdin>" : file; }

// Quotes the name as a shell takes it.
std::string quoted(const std::string& file) {
  const bool is_plain =
      file.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+=:,@") ==
      std::string::npos;
  if (is_plain) return file;
  std::string text = "'";
  for (const char c : file) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return shown(text + "'");
}

}  // namespace

RecordSource::RecordSource(std::vector<std::string> files, std::size_t record_bytes_max)
    : files_(std::move(files)), splitter_(record_bytes_max) {
  if (files_.empty()) files_.emplace_back("-");
}

base::Result<void> RecordSource::check_files() {
  bool all_regular = true;
  for (const std::string& file : files_) {
    struct stat info {};
    const int result = is_stdin(file) ? ::fstat(STDIN_FILENO, &info) : ::stat(file.c_str(), &info);
    if (result != 0) return base::fail_errno(shown(name_of(file)), errno);
    if (S_ISDIR(info.st_mode)) return base::fail_errno(shown(name_of(file)), EISDIR);
    if (!is_stdin(file) && ::access(file.c_str(), R_OK) != 0) return base::fail_errno(shown(file), errno);
    if (S_ISREG(info.st_mode))
      if (auto checked = check_kind(file); !checked) return checked;
    all_regular = all_regular && S_ISREG(info.st_mode);
    total_bytes_ += static_cast<std::uint64_t>(info.st_size);
  }
  if (!all_regular) total_bytes_ = 0;
  return {};
}

// Does not move the place where standard input is read from.
base::Result<void> RecordSource::check_kind(const std::string& file) const {
  const base::UniqueFd opened(is_stdin(file) ? -1 : ::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  const int fd = is_stdin(file) ? STDIN_FILENO : opened.get();
  const off_t begin = is_stdin(file) ? ::lseek(fd, 0, SEEK_CUR) : 0;
  if (fd < 0 || begin < 0) return base::fail_errno("open of " + shown(name_of(file)), errno);
  std::string first;
  std::string piece(kReadBytes, '\0');
  while (true) {
    const ssize_t n = ::pread(fd, piece.data(), piece.size(), begin + static_cast<off_t>(first.size()));
    if (n < 0) return base::fail_errno("read of " + shown(name_of(file)), errno);
    const bool is_all = static_cast<std::size_t>(n) < piece.size();
    first.append(piece, 0, static_cast<std::size_t>(n));
    if (is_judgeable(first, is_all)) return judge(file, first, is_all);
  }
}

base::Result<void> RecordSource::judge(const std::string& file, std::string_view first, bool is_all) const {
  if (!judges_kind_) return {};
  const auto kind = foreign_kind(first, is_all, is_stdin(file) ? "FILE" : quoted(file));
  if (!kind) return {};
  return base::fail(base::ErrorCode::kDamaged,
                    shown(name_of(file)) + " is " + kind->what + "; nothing of it is sent. Try: " + kind->remedy +
                        (kind->may_be_meant ? " (or, where each line is a record all the same, --as-is)" : ""));
}

base::Result<void> RecordSource::begin_at(base::UniqueFd fd, std::uint64_t offset, std::uint64_t lines) {
  if (::lseek(fd.get(), static_cast<off_t>(offset), SEEK_SET) < 0)
    return base::fail_errno("lseek in " + shown(name_of(files_.front())), errno);
  opened_ = std::move(fd);
  fd_ = opened_.get();
  splitter_.begin_at(offset, lines);
  bytes_read_ = offset;
  is_at_start_ = offset == 0;
  return {};
}

RecordSource::Step RecordSource::next(RecordLine& line) {
  if (leave_first_) leave_file();
  while (index_ < files_.size()) {
    if (fd_ < 0 && !open_file())
      return fail_file(base::fail_errno("open of " + shown(name_of(files_[index_])), errno).value());
    if (splitter_.next(unread_, line)) return Step::kRecord;
    switch (fill()) {
      case Fill::kSome:
        continue;
      case Fill::kNothingYet:
        return Step::kNothingYet;
      case Fill::kFailed:
        return fail_file(base::fail_errno("read of " + shown(name_of(files_[index_])), errno).value());
      case Fill::kForeign:
        return fail_file(error_);
      case Fill::kEnd:
        break;
    }
    leave_first_ = true;
    if (splitter_.finish(line)) return Step::kRecord;
    leave_file();
  }
  return Step::kEnd;
}

bool RecordSource::open_file() {
  if (is_stdin(files_[index_])) {
    fd_ = STDIN_FILENO;
    return true;
  }
  opened_.reset(::open(files_[index_].c_str(), O_RDONLY | O_CLOEXEC));
  fd_ = opened_.get();
  return fd_ >= 0;
}

RecordSource::Fill RecordSource::fill() {
  const Fill filled = is_at_end_ ? Fill::kEnd : read_some();
  is_at_end_ = filled == Fill::kEnd;
  return is_at_start_ && (filled == Fill::kSome || filled == Fill::kEnd) ? judge_first(is_at_end_) : filled;
}

RecordSource::Fill RecordSource::read_some() {
  pollfd ready{fd_, POLLIN, 0};
  if (::poll(&ready, 1, 0) <= 0) return Fill::kNothingYet;
  buffer_.resize(kReadBytes);
  const ssize_t n = ::read(fd_, buffer_.data(), buffer_.size());
  if (n < 0) return errno == EAGAIN || errno == EINTR ? Fill::kNothingYet : Fill::kFailed;
  if (n == 0) return Fill::kEnd;
  unread_ = std::string_view(buffer_).substr(0, static_cast<std::size_t>(n));
  bytes_read_ += static_cast<std::uint64_t>(n);
  return Fill::kSome;
}

// Gathers a file's first bytes until its kind is known; no record is handed out before that.
RecordSource::Fill RecordSource::judge_first(bool is_all) {
  first_ += std::exchange(unread_, {});
  if (!is_judgeable(first_, is_all)) return Fill::kSome;
  is_at_start_ = false;
  if (auto judged = judge(files_[index_], first_, is_all); !judged) {
    error_ = judged.error();
    return Fill::kForeign;
  }
  buffer_ = std::exchange(first_, {});
  unread_ = buffer_;
  if (unread_.starts_with(kByteOrderMark)) {
    unread_.remove_prefix(kByteOrderMark.size());
    splitter_.begin_at(kByteOrderMark.size(), 0);
  }
  return unread_.empty() ? Fill::kEnd : Fill::kSome;
}

// A line is no record if the rest of it cannot be read.
RecordSource::Step RecordSource::fail_file(base::Error error) {
  error_ = std::move(error);
  RecordLine dropped{};
  static_cast<void>(splitter_.finish(dropped));
  leave_file();
  return Step::kFileFailed;
}

void RecordSource::leave_file() {
  leave_first_ = false;
  is_at_start_ = true;
  is_at_end_ = false;
  first_.clear();
  opened_.reset();
  fd_ = -1;
  unread_ = {};
  ++index_;
}

std::string RecordSource::describe(const Place& place) const {
  return shown(name_of(files_[place.file])) + ":" + std::to_string(place.line);
}

}  // namespace crawlspool::cli
