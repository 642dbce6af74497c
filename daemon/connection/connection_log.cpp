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
  if (!admits_open()) return;
  std::vector<base::LogField> fields{
      {"conn", source.id()}, {"peer", source.peer().text}, {"via", proto::word(source.input())}};
  if (source.peer().process) fields.emplace_back("pid", *source.peer().process);
  base::log_info("conn_open", fields);
}

void ConnectionLog::closed(const Source& source, std::string_view reason, std::uint64_t bytes, std::int64_t age_ms) {
  if (!admits_close(reason)) return;
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

bool ConnectionLog::admits_open() {
  const std::lock_guard lock(mutex_);
  if (opens_.admit(base::kLifeRate, clock_.monotonic_us())) return true;
  ++unlogged_.opened;
  return false;
}

bool ConnectionLog::admits_close(std::string_view reason) {
  const std::lock_guard lock(mutex_);
  if (closes_.admit(base::kLifeRate, clock_.monotonic_us())) return true;
  ++unlogged_.closed;
  ++unlogged_.reasons[std::string(reason)];
  return false;
}

ConnectionLog::Unlogged ConnectionLog::take_unlogged() {
  const std::lock_guard lock(mutex_);
  return std::exchange(unlogged_, {});
}

void ConnectionLog::log_summary() {
  const Unlogged unlogged = take_unlogged();
  if (unlogged.opened + unlogged.closed == 0) return;
  base::log_info("conn_summary",
                 {{"opened", unlogged.opened}, {"closed", unlogged.closed}, {"reasons", in_words(unlogged.reasons)}});
}

}  // namespace crawlspool::connection
