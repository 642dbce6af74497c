#include "daemon/base/log.h"

#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/async_logger.h>

#include <chrono>
#include <cmath>
#include <future>
#include <thread>
#include <utility>

#include "daemon/base/clock.h"
#include "daemon/base/limited_event.h"
#include "daemon/base/log_format.h"
#include "daemon/base/log_limiter.h"
#include "daemon/base/log_sinks.h"
#include "daemon/base/thread.h"

namespace crawlspool::base {
namespace {

constexpr std::size_t kQueueLines = 8192;
constexpr std::chrono::seconds kStopMax{2};

struct Log {
  std::shared_ptr<LogSink> sink;
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
};

// Set by start_log() before other threads exist, reset by stop_log() after they are gone.
Log& the_log() {
  static Log log;
  return log;
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      break;
  }
  return spdlog::level::err;
}

bool is_wanted(LogLevel level) { return the_log().logger && the_log().logger->should_log(to_spdlog(level)); }

void write(LogLevel level, std::string_view event, LogFields fields, std::uint64_t suppressed = 0) {
  if (is_wanted(level)) the_log().logger->log(to_spdlog(level), encode_event(event, fields, suppressed));
}

LogLimiter& the_limiter() {
  static LogLimiter limiter;
  return limiter;
}

void write_limited(LogLevel level, const LogRate& rate, std::string_view event, LogFields fields) {
  if (!is_wanted(level)) return;
  if (const auto suppressed = the_limiter().admit(event, rate, SystemClock().monotonic_us()))
    write(level, event, fields, *suppressed);
}

const std::shared_ptr<RecentEvents>& the_recent_events() {
  static const auto events = std::make_shared<RecentEvents>();
  return events;
}

Result<std::shared_ptr<spdlog::details::thread_pool>> start_pool() {
  try {
    return std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1);
  } catch (const std::system_error& error) {
    return fail(ErrorCode::kIo, no_thread_detail(), error.code().value());
  }
}

}  // namespace

std::string LogField::render_real(double value) { return std::isfinite(value) ? fmt::format("{}", value) : "null"; }

Result<void> start_log(const LogOptions& options) {
  auto sink = make_log_sink(options);
  if (!sink) return fail(ErrorCode::kConfig, sink.error().context, sink.error().errno_value);
  Log& log = the_log();
  log.sink = *sink;
  CRAWLSPOOL_TRY_AS(auto pool, start_pool());
  log.pool = std::move(pool);
  // First of all in memory: the destination may hold things up.
  const spdlog::sinks_init_list sinks{make_recent_sink(the_recent_events()), log.sink};
  log.logger = std::make_shared<spdlog::async_logger>("crawlspoold", sinks, log.pool,
                                                      spdlog::async_overflow_policy::overrun_oldest);
  log.logger->set_level(to_spdlog(options.level));
  return {};
}

void stop_log() {
  Log log = std::exchange(the_log(), {});
  if (!log.pool) return;
  // Dropping the pool joins the log's thread once the queue is written.
  const auto pool = std::make_shared<std::shared_ptr<spdlog::details::thread_pool>>(std::move(log.pool));
  const auto written = std::make_shared<std::promise<void>>();
  auto waiting = start_thread([pool, written] {
    pool->reset();
    written->set_value();
  });
  if (!waiting) return pool->reset();
  waiting->detach();
  written->get_future().wait_for(kStopMax);
}

bool log_runs() { return the_log().logger != nullptr; }

bool flush_log_briefly() {
  using std::chrono::milliseconds;
  for (int i = 0; i < 20 && the_log().pool && the_log().pool->queue_size() > 0; ++i)
    std::this_thread::sleep_for(milliseconds(10));
  std::this_thread::sleep_for(milliseconds(10));  // for the line that has just left the queue
  return !the_log().pool || the_log().pool->queue_size() == 0;
}

void set_log_level(LogLevel level) {
  if (the_log().logger) the_log().logger->set_level(to_spdlog(level));
}

void reopen_log_files() {
  if (the_log().sink) the_log().sink->request_reopen();
}

void log_debug(std::string_view event, LogFields fields) { write(LogLevel::kDebug, event, fields); }
void log_info(std::string_view event, LogFields fields) { write(LogLevel::kInfo, event, fields); }
void log_warn(std::string_view event, LogFields fields) { write(LogLevel::kWarn, event, fields); }
void log_error(std::string_view event, LogFields fields) { write(LogLevel::kError, event, fields); }

void log_warn_limited(std::string_view event, LogFields fields) {
  write_limited(LogLevel::kWarn, kFaultRate, event, fields);
}
void log_info_limited(std::string_view event, LogFields fields) {
  write_limited(LogLevel::kInfo, kLifeRate, event, fields);
}
void log_debug_limited(std::string_view event, LogFields fields) {
  write_limited(LogLevel::kDebug, kLifeRate, event, fields);
}

std::optional<std::uint64_t> admit_warning(std::string_view event, std::int64_t now_us) {
  return the_log().logger ? the_limiter().admit(event, kFaultRate, now_us) : std::nullopt;
}

void log_warn_admitted(std::string_view event, std::uint64_t suppressed, LogFields fields) {
  write(LogLevel::kWarn, event, fields, suppressed);
}

void log_suppressed() {
  for (const LogLimiter::Suppressed& suppressed : the_limiter().take_suppressed()) {
    if (suppressed.is_fault)
      log_warn("log_suppressed", {{"word", suppressed.event}, {"suppressed", suppressed.lines}});
    else
      log_info("log_suppressed", {{"word", suppressed.event}, {"suppressed", suppressed.lines}});
  }
}

std::string recent_events_json() { return the_recent_events()->json(); }

std::uint64_t log_lines_dropped() { return the_log().pool ? the_log().pool->overrun_counter() : 0; }

}  // namespace crawlspool::base
