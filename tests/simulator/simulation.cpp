#include "tests/simulator/simulation.h"

#include "daemon/spool/storage/layout.h"
#include "tests/simulator/violation.h"

namespace crawlspool::simulator {
namespace {

using spool::Position;

constexpr std::uint64_t kNever = ~std::uint64_t{0};
constexpr int kLivesMax = 12;
constexpr int kCalmStepsMax = 4000;

spool::SpoolOptions draw_options(Random& random) {
  spool::SpoolOptions options;
  options.rejected_bytes_max = 1 << 20;
  options.keep_free_bytes = random.one_in(4) ? 1 << 20 : 0;
  options.segment_bytes_max = random.between(5000, 30'000);
  options.segment_age_ms_max = random.one_in(4) ? static_cast<std::int64_t>(random.between(1000, 60'000)) : 0;
  options.snapshot_interval_ms = random.one_in(3) ? 0 : static_cast<std::int64_t>(random.between(10, 2000));
  options.maintenance.compress = random.one_in(3);
  options.maintenance.block_bytes_min = random.between(1000, 16'000);
  options.maintenance.keep_free_bytes = options.keep_free_bytes;
  if (random.one_in(8)) options.maintenance.retention.bytes_max = random.between(10'000, 60'000);
  if (random.one_in(8))
    options.maintenance.retention.age_ms_max = static_cast<std::int64_t>(random.between(5000, 100'000));
  return options;
}

std::string words(const Range& range) {
  return std::to_string(range.bytes) + " bytes at " + std::to_string(range.position);
}

std::string describe(const SubjectReport& report) {
  std::string text = "start: read from " + std::to_string(report.read_from) + ", ends at " + std::to_string(report.end);
  if (report.cut) text += ", cut " + words(*report.cut);
  for (const Range& range : report.damaged) text += ", damaged " + words(range);
  for (const Range& range : report.missing) text += ", missing " + words(range);
  for (const std::string& file : report.skipped) text += ", skipped " + file;
  return text;
}

}  // namespace

Simulation::Simulation(std::uint64_t seed, Statistics& statistics, Trace trace)
    : random_(seed),
      statistics_(statistics),
      trace_(std::move(trace)),
      options_(draw_options(random_)),
      weather_(disk_, random_, statistics),
      records_{seed, random_.between(kSessionsMin, 6), static_cast<SizeProfile>(random_.below(3))},  // in this order
      ledger_(records_),
      feeder_(records_, ledger_, random_, random_.one_in(8) ? spool::IfFull::kFail : spool::IfFull::kCutBack),
      vandal_(disk_, random_, statistics),
      inspection_(disk_, records_, ledger_, statistics,
                  options_.maintenance.retention.bytes_max != 0 || options_.maintenance.retention.age_ms_max != 0),
      roughness_(random_.below(4)) {
  disk_.record_calls(false);
}

void Simulation::run() {
  start();
  for (int life = 0; crashes_ < kCrashesMin || (ledger_.acked() < kRecordsMin && life < kLivesMax); ++life) {
    const End end = random_.one_in(2) ? End::kCrashAtSomeCall : static_cast<End>(random_.below(5));
    serve(end);
    start();
  }
  finish();
}

// --- Starts -----------------------------------------------------------------------------------------------------

void Simulation::start() {
  for (int attempt = 0; !subject_; ++attempt) {
    const std::uint64_t odds = inspection_.is_harmed() ? 3 : 2;  // both at once are the hardest
    const bool calmly = attempt >= 3 || roughness_ == 0 || random_.below(9) >= odds * roughness_;
    const ActiveSegment before = inspection_.active_segment();
    try_start(calmly);
    if (subject_) {
      inspection_.inspect_start(*subject_, before, feeder_.acked_end(), calmly);
      feeder_.forget();
      feeder_.set_acked_end(subject_->report().end);
    } else if (random_.one_in(2)) {
      crash();
    } else {
      disk_.stop_after(kNever);
      weather_.clear();
    }
  }
}

void Simulation::try_start(bool calmly) {
  if (!calmly && random_.one_in(2)) {
    disk_.stop_after(random_.below(25));
  } else if (!calmly) {
    weather_.worsen_start();
  }
  auto opened = Subject::open(disk_, options_, clock_);
  trace([&] { return opened ? describe((*opened)->report()) : "start fails: " + opened.error().message(); });
  trace([&] { return describe_files(); });
  if (!opened) {
    if (calmly) throw Violation("a start fails on a disk that works: " + opened.error().message());
    statistics_.count("start: failed or crashed on the way");
    inspection_.start_failed();
    return;
  }
  subject_ = std::move(*opened);
  disk_.stop_after(kNever);
  weather_.clear();
}

std::string Simulation::describe_files() const {
  std::string text = "files:";
  for (const std::string& file : disk_.names())
    if (const auto content = disk_.content(file)) text += " " + file + "=" + std::to_string(content->size());
  return text + ", durable " + disk_.content(spool::kDurableName).value_or("none");
}

// --- Lives ------------------------------------------------------------------------------------------------------

void Simulation::serve(End end) {
  const std::uint64_t steps = random_.between(8, 60);
  const std::uint64_t stop_at = end == End::kCrashAtSomeCall ? random_.below(steps) : steps;
  for (std::uint64_t i = 0; i < steps; ++i) {
    if (i == stop_at) disk_.stop_after(random_.below(40));
    if (step()) continue;
    statistics_.count("process: ended by a storage error");
    if (i < stop_at) check_that_errors_stick();
    return end_process(random_.one_in(2) || i >= stop_at ? End::kCrash : End::kKill);
  }
  end_process(end);
}

Outcome Simulation::append() {
  Outcome outcome = Outcome::kDone;
  if (feeder_.has_unsynced() && subject_->wants_rotation()) outcome = sync();
  if (outcome == Outcome::kDone) outcome = feeder_.append(*subject_, clock_.wall_us());
  trace([&] { return "append, up to " + std::to_string(subject_->position()); });
  return outcome;
}

Outcome Simulation::sync() {
  const Outcome outcome = feeder_.sync(*subject_);
  trace([&] { return "sync, acked up to " + std::to_string(feeder_.acked_end()); });
  return outcome;
}

// The maintenance thread, and between its calls the committer's.
Outcome Simulation::maintain() {
  Outcome outcome = Outcome::kDone;
  bool is_committing = false;
  disk_.before_each_call([&] {
    if (is_committing || outcome == Outcome::kFailed || !random_.one_in(8)) return;
    is_committing = true;
    outcome = random_.one_in(2) ? append() : sync();
    is_committing = false;
    statistics_.count("maintenance: committed meanwhile");
  });
  for (std::uint64_t pieces = random_.between(1, 12); pieces > 0 && subject_->maintain(); --pieces) {
    trace([] { return "a piece of maintenance"; });
    statistics_.count("maintenance: pieces");
  }
  disk_.before_each_call(nullptr);
  return outcome;
}

bool Simulation::step() {
  clock_.step(static_cast<std::int64_t>(random_.below(20'000)));
  const std::uint64_t kind = random_.below(40);
  Outcome outcome = Outcome::kDone;
  if (kind < 16) {
    outcome = append();
  } else if (kind < 27) {
    outcome = sync();
  } else if (kind < 31) {
    outcome = maintain();
  } else if (kind < 33) {
    const auto ticked = random_.one_in(4) ? subject_->probe() : subject_->tick();
    if (!ticked && ticked.error().code != base::ErrorCode::kDiskFull) outcome = Outcome::kFailed;
    trace([&] { return "tick or probe"; });
  } else if (kind < 34) {
    weather_.write_back();
  } else if (kind < 35) {
    clock_.step(static_cast<std::int64_t>(random_.below(40'000'000)));
  } else if (kind < 37) {
    if (random_.below(4) < roughness_) weather_.worsen();
  } else if (kind < 39) {
    weather_.clear();
  } else if (weather_.is_clear()) {
    inspection_.inspect_active();
  }
  if (outcome == Outcome::kDiskFull) statistics_.count("full: a write or sync was turned away");
  return outcome != Outcome::kFailed;
}

// Also where the disk would work again.
void Simulation::check_that_errors_stick() {
  weather_.clear();
  const std::uint64_t changes = disk_.changes();
  promise(feeder_.append(*subject_, clock_.wall_us()) == Outcome::kFailed, "an append succeeds after a storage error");
  promise(feeder_.sync(*subject_) == Outcome::kFailed, "a sync succeeds after a storage error");
  promise(disk_.changes() == changes, "the disk is written to after a storage error");
}

void Simulation::end_process(End end) {
  if (end == End::kClose || end == End::kCloseAndCrash) {
    const auto closed = subject_->close();
    trace([&] { return "close: " + (closed ? "done" : closed.error().message()); });
  }
  disk_.stop_after(0);  // a process that is gone writes nothing
  subject_.reset();
  if (end == End::kKill || end == End::kClose) {
    disk_.stop_after(kNever);
    statistics_.count(end == End::kKill ? "process: killed" : "process: stopped");
    trace([] { return "process gone"; });
    return weather_.clear();
  }
  crash();
}

void Simulation::crash() {
  weather_.crash();
  ++crashes_;
  trace([&] { return "crash; " + describe_files(); });
  if (!inspection_.is_harmed() && random_.one_in(8)) do_harm();
}

void Simulation::do_harm() {
  const Census before = take_census(disk_, records_);
  ledger_.learn_places(before);
  auto harm = vandal_.strike(before, feeder_.acked_end());
  trace([&] { return harm ? "harm: " + harm->file + ", " + harm->what : "nothing to harm"; });
  if (harm) inspection_.harmed(std::move(*harm));
}

// --- The end ----------------------------------------------------------------------------------------------------

void Simulation::sync_all() {
  for (int i = 0; ledger_.acked() < kRecordsMin || inspection_.rotations() < kRotationsMin ||
                  !ledger_.all_sent_again() || feeder_.has_unfinished();
       ++i) {
    promise(i < kCalmStepsMax, "a disk that works does not take what is sent");
    promise(feeder_.append(*subject_, clock_.wall_us()) == Outcome::kDone, "a disk that works takes no write");
    promise(feeder_.sync(*subject_) == Outcome::kDone, "a disk that works takes no sync");
    if (const auto ticked = subject_->tick(); !ticked)
      throw Violation("a disk that works takes no tick: " + ticked.error().message());
    subject_->maintain();
    clock_.step(static_cast<std::int64_t>(random_.below(200'000)));
    inspection_.count_segments();
  }
}

void Simulation::finish() {
  roughness_ = 0;
  weather_.clear();
  sync_all();
  for (int i = 0; subject_->maintain(); ++i) promise(i < kCalmStepsMax, "the maintenance finds no end");
  const auto closed = subject_->close();
  if (!closed) throw Violation("a disk that works takes no close: " + closed.error().message());
  subject_.reset();
  weather_.crash();
  start();
  inspection_.inspect_end();
  statistics_.count("seeds");
  statistics_.count("records", ledger_.acked());
  statistics_.count("records lost to harm and reported", ledger_.lost_lines());
  statistics_.count("rotations", inspection_.rotations());
}

}  // namespace crawlspool::simulator
