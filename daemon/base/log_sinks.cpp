#include "daemon/base/log_sinks.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#define SD_JOURNAL_SUPPRESS_LOCATION  // of the sink: it says nothing to anybody
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/log_format.h"
#include "daemon/base/unique_fd.h"

namespace crawlspool::base {
namespace {

std::string_view level_word(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::debug:
      return "debug";
    case spdlog::level::info:
      return "info";
    case spdlog::level::warn:
      return "warn";
    default:
      return "error";
  }
}

std::string timestamp_of(const spdlog::details::log_msg& msg) {
  return format_timestamp(std::chrono::duration_cast<std::chrono::microseconds>(msg.time.time_since_epoch()).count());
}

// Writes lines to a descriptor: stderr's, or its own file's.
class LineSink final : public LogSink {
 public:
  LineSink(LogFormat format, int stderr_fd) : format_(format), fd_(stderr_fd) {}
  LineSink(LogFormat format, std::string path, UniqueFd file)
      : format_(format), path_(std::move(path)), file_(std::move(file)), fd_(file_.get()) {}

  void log(const spdlog::details::log_msg& msg) override {
    if (reopen_requested_.exchange(false)) reopen();
    line_.clear();
    const EncodedEvent event = decode_event({msg.payload.data(), msg.payload.size()});
    (format_ == LogFormat::kJson ? render_json : render_logfmt)(line_, event, timestamp_of(msg), level_word(msg.level));
    line_ += '\n';
    // One write a line: whoever tails the file sees whole lines. A failed write is reported to nobody.
    [[maybe_unused]] const ssize_t written = ::write(fd_, line_.data(), line_.size());
  }
  void flush() override {}
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}
  void request_reopen() override { reopen_requested_ = !path_.empty(); }

  static UniqueFd open_file(const std::string& path) {
    return UniqueFd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
  }

 private:
  void reopen() {
    UniqueFd fresh = open_file(path_);
    if (!fresh.valid()) return;  // the old file goes on
    file_ = std::move(fresh);
    fd_ = file_.get();
  }

  LogFormat format_;
  std::string path_;
  UniqueFd file_;
  int fd_;
  std::string line_;
  std::atomic<bool> reopen_requested_{false};
};

class RecentSink final : public LogSink {
 public:
  explicit RecentSink(std::shared_ptr<RecentEvents> events) : events_(std::move(events)) {}

  void log(const spdlog::details::log_msg& msg) override {
    std::string json;
    const EncodedEvent event = decode_event({msg.payload.data(), msg.payload.size()});
    render_json(json, event, timestamp_of(msg), level_word(msg.level));
    events_->add(std::move(json), msg.level >= spdlog::level::warn);
  }
  void flush() override {}
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

 private:
  std::shared_ptr<RecentEvents> events_;
};

class JournalSink final : public LogSink {
 public:
  void log(const spdlog::details::log_msg& msg) override {
    const EncodedEvent event = decode_event({msg.payload.data(), msg.payload.size()});
    std::vector<std::string> fields = render_journal_fields(event, priority(msg.level));
    std::vector<iovec> parts;
    parts.reserve(fields.size());
    for (std::string& field : fields) parts.push_back({field.data(), field.size()});
    ::sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
  }
  void flush() override {}
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

 private:
  static int priority(spdlog::level::level_enum level) {
    switch (level) {
      case spdlog::level::debug:
        return LOG_DEBUG;
      case spdlog::level::info:
        return LOG_INFO;
      case spdlog::level::warn:
        return LOG_WARNING;
      default:
        return LOG_ERR;
    }
  }
};

// systemd sets JOURNAL_STREAM to the device and inode of the stderr it connected to the journal.
bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat info {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &info) != 0) return false;
  return std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino) == stream;
}

// libsystemd takes a journal that is not there for one that wants nothing.
Result<void> find_journal() {
  constexpr const char* kJournalSocket = "/run/systemd/journal/socket";
  if (::access(kJournalSocket, W_OK) != 0)
    return fail_errno(std::string("log.destination: journald: cannot write to ") + kJournalSocket, errno);
  return {};
}

Result<std::shared_ptr<LogSink>> make_journal_sink() {
  return find_journal().map([]() -> std::shared_ptr<LogSink> { return std::make_shared<JournalSink>(); });
}

}  // namespace

std::shared_ptr<LogSink> make_recent_sink(std::shared_ptr<RecentEvents> events) {
  return std::make_shared<RecentSink>(std::move(events));
}

Result<std::shared_ptr<LogSink>> make_log_sink(const LogOptions& options) {
  const std::string& where = options.destination;
  if (where == "journald" || (where == "auto" && stderr_is_journal())) return make_journal_sink();
  if (where == "auto" || where == "stderr") return std::make_shared<LineSink>(options.format, STDERR_FILENO);
  UniqueFd file = LineSink::open_file(where);
  if (!file.valid()) return fail_errno("log.destination: cannot open " + where, errno);
  return std::make_shared<LineSink>(options.format, where, std::move(file));
}

}  // namespace crawlspool::base
