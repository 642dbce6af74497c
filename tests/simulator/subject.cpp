#include "tests/simulator/subject.h"

#include "tests/simulator/census.h"

namespace crawlspool::simulator {
namespace {

Range range_of(const spool::ByteRange& range) { return {range.position, range.bytes}; }

}  // namespace

base::Result<std::unique_ptr<Subject>> Subject::open(test::ForgetfulDisk& disk, const spool::SpoolOptions& options,
                                                     const base::Clock& clock, Records& records) {
  auto spool = spool::Spool::open(disk.open(), options, clock);
  if (!spool) return tl::unexpected(spool.error());
  std::unique_ptr<Subject> subject(new Subject(std::move(*spool)));
  const spool::RecoveryReport& report = subject->spool_->recovery();
  subject->report_.end = report.end;
  for (const spool::ByteRange& range : report.damaged) subject->report_.damaged.push_back(range_of(range));
  if (report.missing) subject->report_.missing.push_back(range_of(*report.missing));
  if (report.cut) subject->report_.cut = range_of(*report.cut);
  subject->report_.cut_was_kept = report.cut_was_kept;
  for (const FoundLine& line : take_census(disk, records).lines)
    subject->synced_[records.key(line.name.session)] = line.name.seq;
  return subject;
}

base::Result<std::size_t> Subject::append(std::string_view lines, std::size_t first_line_bytes,
                                          std::span<const SubjectMark> marks) {
  const std::string_view chunks[] = {lines};
  const auto appended = spool_->writer().append(chunks, first_line_bytes);
  if (!appended) return tl::unexpected(appended.error());
  for (const SubjectMark& mark : marks) appended_[mark.session] = mark.last_seq;
  return lines.size();
}

base::Result<void> Subject::sync() {
  const auto synced = spool_->writer().sync();
  if (synced)
    for (const auto& [session, last_seq] : appended_) synced_[session] = last_seq;
  appended_.clear();
  return synced;
}

bool Subject::maintain() { return false; }

base::Result<void> Subject::close() { return spool_->writer().close(); }

std::uint64_t Subject::last_seq(std::uint64_t session) const {
  const auto found = synced_.find(session);
  return found == synced_.end() ? 0 : found->second;
}

spool::Position Subject::position() { return spool_->writer().position(); }

}  // namespace crawlspool::simulator
