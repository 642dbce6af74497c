#include "cli/common/damage.h"

#include "cli/common/console.h"
#include "cli/common/human.h"
#include "cli/common/subcommands.h"

namespace crawlspool::cli {

void DamageLog::damaged(spool::Position position, std::uint64_t bytes) {
  if (held_position_ + held_bytes_ != position) flush();
  if (held_bytes_ == 0) held_position_ = position;
  held_bytes_ += bytes;
}

void DamageLog::broken_promise(spool::Position position, std::uint64_t bytes, const std::string& by) {
  flush();
  place(position, bytes, "missing, though " + by + " says that they were stored");
}

void DamageLog::damaged_otherwise(const std::string& what) {
  flush();
  ++places_;
  say_(what);
}

void DamageLog::say(const std::string& line) {
  flush();
  say_(line);
}

void DamageLog::flush() {
  if (held_bytes_ == 0) return;
  const std::uint64_t bytes = held_bytes_;
  held_bytes_ = 0;
  place(held_position_, bytes, "damaged");
}

void DamageLog::missing(spool::Position position, std::uint64_t bytes) {
  flush();
  place(position, bytes, "missing");
}

// Retention was faster than the reader, which is said and is no damage.
void DamageLog::removed(spool::Position position, std::uint64_t bytes) {
  flush();
  say_("position " + std::to_string(position) + ": " + counted(bytes, "byte") + " removed meanwhile");
}

void DamageLog::doubled(spool::Position position, std::uint64_t bytes) {
  flush();
  place(position, bytes, "in two segments");
}

// The spool has done this itself, after a full disk or a crash; it is said and is no damage.
void DamageLog::taken_back(spool::Position position, std::uint64_t bytes) {
  flush();
  say_("position " + std::to_string(position) + ": " + counted(bytes, "byte") + " taken back by the daemon");
}

void DamageLog::skipped(const std::string& file, const base::Error& why) {
  flush();
  ++files_skipped_;
  say_("skipped " + shown(file) + ": " + shown(why.message()));
}

void DamageLog::place(spool::Position position, std::uint64_t bytes, const std::string& what) {
  ++places_;
  bytes_ += bytes;
  say_("position " + std::to_string(position) + ": " + counted(bytes, "byte") + " " + what);
}

int DamageLog::exit_code() const {
  if (places_ > 0 || held_bytes_ > 0) return kExitDamaged;
  return files_skipped_ > 0 ? kExitFailed : kExitOk;
}

}  // namespace crawlspool::cli
