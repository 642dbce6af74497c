#include "daemon/connection/connection_log.h"

#include <utility>
#include <vector>

#include "daemon/base/log.h"

namespace crawlspool::connection {
namespace {

// `bye:3 reset:12`.
std::string in_words(const CloseCounts::ByReason& reasons) {
  std::string words;
  for (const auto& [reason, count] : reasons) {
    if (!words.empty()) words += ' ';
    words += reason + ":" + std::to_string(count);
  }
  return words;
}

}  // namespace

void ConnectionLog::opened(const Source& source) {
  if (!tells_open()) return;
  std::vector<base::LogField> fields{
      {"conn", source.id()}, {"peer", source.peer().text}, {"via", proto::word(source.input())}};
  if (source.peer().process) fields.emplace_back("pid", *source.peer().process);
  base::log_info("conn_open", fields);
}

void ConnectionLog::closed(const Source& source, std::string_view reason, std::uint64_t bytes, std::int64_t age_ms) {
  if (!tells_close(reason)) return;
  const intake::RecordWriter* const writer = source.writer();
  base::log_info("conn_close", {{"conn", source.id()},
                                {"peer", source.peer().text},
                                {"via", proto::word(source.input())},
                                {"reason", reason},
                                {"records", writer == nullptr ? 0 : writer->records()},
                                {"rejects", writer == nullptr ? 0 : writer->rejects()},
                                {"bytes", bytes},
                                {"age_ms", age_ms}});
}

bool ConnectionLog::tells_open() {
  const std::lock_guard lock(mutex_);
  if (opens_.admit(base::kLifeRate, clock_.monotonic_us())) return true;
  ++left_out_.opened;
  return false;
}

bool ConnectionLog::tells_close(std::string_view reason) {
  const std::lock_guard lock(mutex_);
  if (closes_.admit(base::kLifeRate, clock_.monotonic_us())) return true;
  ++left_out_.closed;
  ++left_out_.reasons[std::string(reason)];
  return false;
}

ConnectionLog::LeftOut ConnectionLog::take_left_out() {
  const std::lock_guard lock(mutex_);
  return std::exchange(left_out_, {});
}

void ConnectionLog::tell_left_out() {
  const LeftOut left_out = take_left_out();
  if (left_out.opened + left_out.closed == 0) return;
  base::log_info("conn_summary",
                 {{"opened", left_out.opened}, {"closed", left_out.closed}, {"reasons", in_words(left_out.reasons)}});
}

}  // namespace crawlspool::connection
