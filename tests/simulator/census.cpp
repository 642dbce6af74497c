#include "tests/simulator/census.h"

#include "daemon/spool/read/segment_reader.h"
#include "tests/simulator/violation.h"

namespace crawlspool::simulator {
namespace {

class Losses final : public spool::LossReporter {
 public:
  Losses(spool::Directory& directory, Census& census) : directory_(directory), census_(census) {}

  void missing(spool::Position position, std::uint64_t bytes) override { census_.missing.push_back({position, bytes}); }
  void doubled(spool::Position position, std::uint64_t bytes) override {
    throw Violation("two segments hold " + std::to_string(bytes) + " bytes at " + std::to_string(position));
  }
  void taken_back(spool::Position position, std::uint64_t bytes) override {
    throw Violation(std::to_string(bytes) + " bytes at " + std::to_string(position) + " were cut while read");
  }
  // Its positions, up to the next segment's.
  void skipped(const std::string& file, const base::Error& why) override {
    const auto segments = spool::list_segments(directory_);
    for (std::size_t i = 0; segments && i + 1 < segments->size(); ++i)
      if ((*segments)[i].file == file)
        census_.missing.push_back(
            {(*segments)[i].name.position, (*segments)[i + 1].name.position - (*segments)[i].name.position});
    static_cast<void>(why);
  }

 private:
  spool::Directory& directory_;
  Census& census_;
};

}  // namespace

Census take_census(test::ForgetfulDisk& disk, Records& records) {
  const auto directory = disk.open();
  Census census;
  const auto segments = spool::list_segments(*directory);
  if (!segments) throw Violation("the spool cannot be listed: " + segments.error().message());
  if (!segments->empty()) census.begin = census.end = segments->front().name.position;
  Losses losses(*directory, census);
  spool::SegmentReader reader(*directory, losses);
  while (true) {
    const auto read = reader.next();
    if (!read) throw Violation("the spool cannot be read: " + read.error().message());
    census.end = reader.position();
    if (!*read) return census;
    const spool::ReadLine& line = **read;
    const Range range{line.position, line.bytes.size()};
    if (line.kind == spool::LineKind::kUnfinished) {
      census.has_tail = true;
      return census;
    }
    if (line.kind == spool::LineKind::kDamaged) census.damaged.push_back(range);
    if (line.kind == spool::LineKind::kBlank) census.blank.push_back(range);
    if (line.kind != spool::LineKind::kSound) continue;
    const auto sound = spool::check_line(line.bytes);
    const auto name = sound ? records.recognise(*sound) : std::nullopt;
    if (!name) throw Violation("a line that no client sent: " + std::string(line.bytes.substr(0, 160)));
    census.lines.push_back({range, *name});
  }
}

}  // namespace crawlspool::simulator
