// Writes the daemon's log: one event a line, a fixed event word and then key=value.
// A call costs a formatted string and a push into a bounded queue; the log's thread renders and writes it, so
// logging never blocks an I/O loop. When the queue is full the oldest lines go, and are counted.
// Thread-safe after start(). Never hand it payload bytes; peers' text is escaped where it is rendered.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "daemon/base/error.h"

namespace crawlspool::base {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kLogfmt, kJson };

struct LogOptions {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kLogfmt;
  std::string destination = "auto";  // auto | stderr | journald | a file's path
};

// Holds one key=value. Numbers and booleans are rendered bare, text is quoted where it needs it.
class LogField {
 public:
  LogField(std::string_view key, std::string_view text) : key_(key), text_(text), is_text_(true) {}
  LogField(std::string_view key, const std::string& text) : LogField(key, std::string_view(text)) {}
  LogField(std::string_view key, const char* text) : LogField(key, std::string_view(text)) {}
  template <class T>
  requires std::is_arithmetic_v<T> LogField(std::string_view key, T value) : key_(key), text_(render(value)) {}

  [[nodiscard]] std::string_view key() const { return key_; }
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] bool is_text() const { return is_text_; }

 private:
  template <class T>
  static std::string render(T value) {
    if constexpr (std::is_same_v<T, bool>) return value ? "true" : "false";
    if constexpr (std::is_floating_point_v<T>) return render_real(static_cast<double>(value));
    return std::to_string(value);
  }

  static std::string render_real(double value);  // as short as it can be; null where it is no number

  std::string_view key_;
  std::string text_;
  bool is_text_ = false;
};

// Views the fields of one event, listed in the call or gathered before it.
class LogFields {
 public:
  LogFields() = default;
  LogFields(std::initializer_list<LogField> listed) : LogFields(listed.begin(), listed.size()) {}
  LogFields(const std::vector<LogField>& gathered) : LogFields(gathered.data(), gathered.size()) {}  // NOLINT

  [[nodiscard]] const LogField* begin() const { return first_; }
  [[nodiscard]] const LogField* end() const { return first_ + count_; }
  [[nodiscard]] std::size_t size() const { return count_; }

 private:
  LogFields(const LogField* first, std::size_t count) : first_(first), count_(count) {}

  const LogField* first_ = nullptr;
  std::size_t count_ = 0;
};

// Starts the log's thread and opens the destination: kIo where there is no thread to be had, kConfig where the
// destination cannot be opened. Before it, and after stop_log(), events are dropped.
[[nodiscard]] Result<void> start_log(const LogOptions& options);
// Writes out what is queued, for at most 2 s: whoever takes the lines may have stopped. Nobody may log any more.
void stop_log();
[[nodiscard]] bool log_runs();
// Gives the log's thread a moment to write out what is queued, for a process that is about to _exit(). False if not all
// of it was taken up.
bool flush_log_briefly();
void set_log_level(LogLevel level);
void reopen_log_files();  // for rotation by others: a file destination is opened again by its path

void log_debug(std::string_view event, LogFields fields = {});
void log_info(std::string_view event, LogFields fields = {});
void log_warn(std::string_view event, LogFields fields = {});
void log_error(std::string_view event, LogFields fields = {});

// These are for what peers can cause at will. What was suppressed is counted, and the next line that passes carries
// `suppressed`. Warnings: a burst of 20 lines for each event word, then one each 10 s (kFaultRate). The others, of the
// ordinary life of connections: a burst of 200, then two a second (kLifeRate).
void log_warn_limited(std::string_view event, LogFields fields = {});
void log_info_limited(std::string_view event, LogFields fields = {});
void log_debug_limited(std::string_view event, LogFields fields = {});
// Logs what was suppressed and no later line has reported. For whoever writes the log's summary.
void log_suppressed();

[[nodiscard]] std::uint64_t log_lines_dropped();

// Returns the newest events, as RecentEvents::json().
[[nodiscard]] std::string recent_events_json();

}  // namespace crawlspool::base
