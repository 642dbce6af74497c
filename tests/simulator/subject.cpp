#include "tests/simulator/subject.h"

namespace crawlspool::simulator {
namespace {

Range range_of(const spool::ByteRange& range) { return {range.position, range.bytes}; }

SubjectReport report_of(const spool::RecoveryReport& report) {
  SubjectReport own;
  own.read_from = report.read_from;
  own.end = report.end;
  for (const spool::ByteRange& range : report.damaged) own.damaged.push_back(range_of(range));
  for (const spool::ByteRange& range : report.missing) own.missing.push_back(range_of(range));
  if (report.cut) own.cut = range_of(*report.cut);
  own.cut_was_kept = report.cut_was_kept;
  for (const spool::UnusableFile& file : report.skipped) own.skipped.push_back(file.name + ": " + file.why);
  return own;
}

}  // namespace

Subject::Subject(std::unique_ptr<spool::Spool> spool)
    : spool_(std::move(spool)), report_(report_of(spool_->recovery())) {}

base::Result<std::unique_ptr<Subject>> Subject::open(test::ForgetfulDisk& disk, const spool::SpoolOptions& options,
                                                     const base::Clock& clock) {
  auto opened = spool::Spool::open(disk.open(), options, clock);
  if (!opened) return tl::unexpected(opened.error());
  return std::unique_ptr<Subject>(new Subject(std::move(*opened)));
}

base::Result<std::size_t> Subject::append(std::string_view lines, std::size_t first_line_bytes,
                                          std::span<const spool::SessionMark> marks) {
  return spool_->append(std::span(&lines, 1), first_line_bytes, marks);
}

std::uint64_t Subject::last_seq(std::uint64_t session) const {
  const spool::SessionState* const state = spool_->sessions().find(session);
  return state == nullptr ? 0 : state->last_seq;
}

spool::SessionOwner Subject::owner(std::uint64_t session) const {
  const spool::SessionState* const state = spool_->sessions().find(session);
  return state == nullptr ? spool::SessionOwner{} : state->owner;
}

}  // namespace crawlspool::simulator
