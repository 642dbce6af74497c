#include "tests/simulator/ledger.h"

#include <algorithm>
#include <string>

#include "tests/simulator/violation.h"

namespace crawlspool::simulator {
namespace {

std::string words(RecordName name) {
  return "record " + std::to_string(name.seq) + " of session " + std::to_string(name.session);
}

}  // namespace

RecordName Ledger::send_next(std::size_t session) {
  Session& at = sessions_[session];
  const RecordName name{session, at.next++};
  at.sent = std::max(at.sent, name.seq);
  if (at.records.size() <= name.seq) at.records.resize(name.seq + 1);
  return name;
}

void Ledger::put_at(RecordName name, spool::Position position) {
  sessions_[name.session].records[name.seq] = {{position, 1}, false};
}

void Ledger::ack(RecordName name) {
  std::uint64_t& acked = sessions_[name.session].acked;
  acked = std::max(acked, name.seq);
}

void Ledger::check_acked(std::size_t session, std::uint64_t last_seq) const {
  std::uint64_t acked = sessions_[session].acked;
  while (acked > last_seq && records_.is_rejected({session, acked})) --acked;
  if (acked > last_seq || last_seq > sessions_[session].acked)
    throw Violation("last_seq of session " + std::to_string(session) + " is " + std::to_string(last_seq) +
                    " behind a sync of all up to " + std::to_string(acked));
}

void Ledger::excuse(RecordName name, const Excuses& excuses) {
  Session& session = sessions_[name.session];
  Record& record = session.records[name.seq];
  if (record.is_lost || records_.is_rejected(name)) return;
  const bool was_put = record.place.bytes > 0;
  if (was_put && record.place.position < excuses.retired) return;
  const bool was_acked = name.seq <= session.acked;
  if (!was_acked && excuses.unacked_may_be_lost) {
    record.is_lost = true;
    return;
  }
  if (!was_put || !excuses.harm_may_cost.cover(record.place))
    throw Violation(words(name) + (was_acked ? ", acked," : ", which last_seq or a later one covers,") +
                    " is not in the spool; it was put at " + std::to_string(record.place.position));
  Ranges reported = excuses.reported;
  reported.add(excuses.blank);
  reported.add(excuses.in_cut);
  if (!reported.cover(record.place) && !excuses.report_may_be_lost)
    throw Violation(words(name) + " was damaged, is not in the spool and is not reported as lost; it was at " +
                    std::to_string(record.place.position));
  record.is_lost = true;
  ++lost_lines_;
}

void Ledger::excuse_up_to(std::size_t session, std::uint64_t seq, const Excuses& excuses) {
  for (std::uint64_t missing = sessions_[session].found + 1; missing <= seq; ++missing)
    excuse({session, missing}, excuses);
}

void Ledger::find_lines(const Census& census, const Excuses& excuses) {
  for (Session& session : sessions_) session.found = 0;
  for (const FoundLine& line : census.lines) {
    Session& session = sessions_[line.name.session];
    if (line.name.seq > session.sent) throw Violation(words(line.name) + " is in the spool and was never sent");
    if (line.name.seq <= session.found)
      throw Violation(words(line.name) + " lies behind number " + std::to_string(session.found) + ", at " +
                      std::to_string(line.range.position));
    // But for its end, which recovery gives back.
    if (excuses.reported.touches({line.range.position, line.range.bytes - 1}))
      throw Violation(words(line.name) + " is reported as lost and is there");
    excuse_up_to(line.name.session, line.name.seq - 1, excuses);
    session.found = line.name.seq;
    session.records[line.name.seq] = {line.range, false};
  }
}

void Ledger::learn_places(const Census& census) {
  for (const FoundLine& line : census.lines) {
    std::vector<Record>& records = sessions_[line.name.session].records;
    if (line.name.seq < records.size()) records[line.name.seq].place = line.range;
  }
}

void Ledger::check_active(const Census& census, const Excuses& excuses) {
  find_lines(census, excuses);
  for (std::size_t i = 0; i < sessions_.size(); ++i) excuse_up_to(i, sessions_[i].acked, excuses);
}

void Ledger::check_start(const Census& census, const std::vector<std::uint64_t>& last_seqs, const Excuses& excuses) {
  find_lines(census, excuses);
  for (std::size_t i = 0; i < sessions_.size(); ++i) {
    Session& session = sessions_[i];
    if (last_seqs[i] > session.sent)
      throw Violation("last_seq " + std::to_string(last_seqs[i]) + " of session " + std::to_string(i) +
                      " was never sent");
    excuse_up_to(i, std::max(session.acked, last_seqs[i]), excuses);
    if (last_seqs[i] < session.found)
      throw Violation("last_seq " + std::to_string(last_seqs[i]) + " of session " + std::to_string(i) +
                      " is less than what is in the spool: " + std::to_string(session.found));
    session.acked = last_seqs[i];
    session.next = last_seqs[i] + 1;
  }
}

void Ledger::check_end(const Census& census, const Excuses& excuses) {
  find_lines(census, excuses);
  for (std::size_t i = 0; i < sessions_.size(); ++i) excuse_up_to(i, sessions_[i].sent, excuses);
}

bool Ledger::all_sent_again() const {
  return std::all_of(sessions_.begin(), sessions_.end(), [](const Session& at) { return at.next > at.sent; });
}

std::uint64_t Ledger::acked() const {
  std::uint64_t lines = 0;
  for (std::size_t i = 0; i < sessions_.size(); ++i)
    for (std::uint64_t seq = 1; seq <= sessions_[i].acked; ++seq) lines += records_.is_rejected({i, seq}) ? 0 : 1;
  return lines;
}

}  // namespace crawlspool::simulator
