#include "cli/record_source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "cli/console.h"

namespace crawlspool::cli {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;

bool is_stdin(const std::string& file) { return file == "-"; }
std::string name_of(const std::string& file) { return is_stdin(file) ? "<stdin>" : file; }

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
    all_regular = all_regular && S_ISREG(info.st_mode);
    total_bytes_ += static_cast<std::uint64_t>(info.st_size);
  }
  if (!all_regular) total_bytes_ = 0;
  return {};
}

base::Result<void> RecordSource::begin_at(base::UniqueFd fd, std::uint64_t offset, std::uint64_t lines) {
  if (::lseek(fd.get(), static_cast<off_t>(offset), SEEK_SET) < 0)
    return base::fail_errno("lseek in " + shown(name_of(files_.front())), errno);
  opened_ = std::move(fd);
  fd_ = opened_.get();
  splitter_.begin_at(offset, lines);
  bytes_read_ = offset;
  return {};
}

RecordSource::Step RecordSource::next(RecordLine& line) {
  if (leave_first_) leave_file();
  while (index_ < files_.size()) {
    if (fd_ < 0 && !open_file()) return fail_file("open of ");
    if (splitter_.next(unread_, line)) return Step::kRecord;
    switch (fill()) {
      case Fill::kSome:
        continue;
      case Fill::kNothingYet:
        return Step::kNothingYet;
      case Fill::kFailed:
        return fail_file("read of ");
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

// A line begun in a file that cannot be read on is no record.
RecordSource::Step RecordSource::fail_file(const char* what) {
  error_ = base::fail_errno(what + shown(name_of(files_[index_])), errno).value();
  RecordLine dropped{};
  static_cast<void>(splitter_.finish(dropped));
  leave_file();
  return Step::kFileFailed;
}

void RecordSource::leave_file() {
  leave_first_ = false;
  opened_.reset();
  fd_ = -1;
  unread_ = {};
  ++index_;
}

std::string RecordSource::describe(const Place& place) const {
  return shown(name_of(files_[place.file])) + ":" + std::to_string(place.line);
}

}  // namespace crawlspool::cli
