#include <pwd.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "cli/common/access_hint.h"
#include "cli/common/human.h"
#include "cli/common/spool_access.h"
#include "cli/doctor/checks.h"
#include "daemon/spool/control/control_files.h"
#include "daemon/spool/read/position_search.h"
#include "daemon/spool/read/segment_list.h"
#include "daemon/spool/write/segment_facts.h"

namespace crawlspool::cli {
namespace {

constexpr const char* kRepair = "stop the daemon and run crawlspool repair, which says what can be done about it";

std::string user_name(uid_t user) {
  const passwd* const entry = ::getpwuid(user);
  return entry != nullptr ? entry->pw_name : "#" + std::to_string(user);
}

Finding judge_access(const std::string& directory, const struct stat& info) {
  std::string detail = directory + " belongs to " + user_name(info.st_uid);
  if ((info.st_mode & S_IWOTH) != 0)
    return trouble("permissions", detail + ", and everyone may write in it", "chmod o-w " + directory);
  if ((info.st_mode & S_IRWXO) != 0)
    return note("permissions", detail + ", and everyone may look into it", "chmod o-rwx " + directory);
  return ok("permissions", detail);
}

// The daemon cannot open files that root has made beside its own.
Findings check_owners(const spool::Directory& directory, const std::vector<spool::DirectoryEntry>& entries,
                      const struct stat& top) {
  std::string first;
  std::uint64_t count = 0;
  for (const spool::DirectoryEntry& entry : entries) {
    struct stat info {};
    const std::string path = directory.path() + "/" + entry.name;
    if (::lstat(path.c_str(), &info) != 0 || info.st_uid == top.st_uid) continue;
    if (count++ == 0) first = entry.name + " belongs to " + user_name(info.st_uid);
  }
  if (count == 0) return {};
  return {trouble("owners", counted(count, "entry") + " of another owner than the directory: " + first,
                  "chown -hR " + user_name(top.st_uid) + " " + directory.path())};
}

Finding check_lock(const spool::Directory& directory, bool daemon_answers) {
  const bool is_locked = is_in_use(directory);
  if (is_locked && !daemon_answers)
    return note("lock", "a daemon has this spool, and none answers at the admin listener",
                "say where it listens with --admin or -c; if it hangs, see its log");
  if (!is_locked && daemon_answers)
    return note("lock", "no daemon has this spool, and one answers at the admin listener",
                "run this without --spool to look at the daemon's own");
  return ok("lock", is_locked ? "held by the daemon" : "free; no daemon runs here");
}

Findings check_control_files(spool::Directory& directory) {
  const auto files = spool::read_control_files(directory);
  if (!files) return {trouble("control files", files.error().message(), "see that it can be read by you")};
  Findings findings;
  for (const spool::ControlTrouble& one : files->troubles)
    findings.push_back(trouble("control files", one.file + ": " + one.why, kRepair));
  if (findings.empty())
    findings.push_back(ok("control files", "sound; durable " + std::to_string(files->durable.value_or(0)) + ", " +
                                               counted(files->cursors.size(), "cursor")));
  return findings;
}

// Finds nothing where all is well, and where the daemon has removed it meanwhile.
Findings check_segment(spool::Directory& directory, const spool::Segment& segment, spool::Position end) {
  const auto facts = spool::read_segment_facts(directory, segment.name, end);
  const char* const remedy = "crawlspool verify shows all of it; OPERATIONS.md, Damaged segment, what to do";
  if (!facts && facts.error().code == base::ErrorCode::kNotFound) return {};
  if (!facts) return {trouble("segments", segment.file + ": " + facts.error().message(), remedy)};
  if (facts->missing_bytes == 0) return {};
  return {trouble("segments", counted(facts->missing_bytes, "byte") + " missing behind " + segment.file, remedy)};
}

Findings check_segments(spool::Directory& directory) {
  const auto segments = spool::list_segments(directory);
  if (!segments) return {trouble("segments", segments.error().message(), "see that it can be read by you")};
  Findings findings;
  for (std::size_t i = 0; i + 1 < segments->size(); ++i)
    for (Finding& finding : check_segment(directory, (*segments)[i], (*segments)[i + 1].name.position))
      findings.push_back(std::move(finding));
  const auto extent = spool::spool_extent(directory);
  if (findings.empty() && extent)
    findings.push_back(ok("segments", std::to_string(extent->segments) + ", " + human_bytes(extent->file_bytes) +
                                          "; positions " + std::to_string(extent->begin) + " to " +
                                          std::to_string(extent->end) + "; crawlspool verify reads the lines"));
  return findings;
}

Findings check_cut(spool::Directory& directory, const std::vector<spool::DirectoryEntry>& entries) {
  for (const spool::DirectoryEntry& entry : entries) {
    if (entry.name != spool::kCutName || entry.kind != spool::EntryKind::kDirectory) continue;
    const auto cut = directory.open_directory(entry.name);
    const auto kept = cut ? (*cut)->list() : tl::unexpected(cut.error());
    if (kept && !kept->empty())
      return {note("cut", counted(kept->size(), "file") + " that a recovery or a repair has set aside",
                   "look at them, and remove what nobody needs; the daemon never does")};
  }
  return {};
}

void add(Findings& findings, Findings more) {
  for (Finding& finding : more) findings.push_back(std::move(finding));
}

}  // namespace

Findings check_spool(const std::string& path, bool daemon_answers) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    const bool is_missing = errno == ENOENT;
    return {trouble("spool", path + ": " + std::strerror(errno),
                    is_missing ? "the daemon makes it at its start if its parent is there; or say where with --spool"
                               : access_hint(path))};
  }
  const auto directory = open_damaged_spool(path);
  if (!directory)
    return {judge_access(path, info), trouble("spool", directory.error().message(),
                                              "run this as root or as the daemon's user, or say where with --spool")};
  Findings findings{judge_access(path, info), check_lock(**directory, daemon_answers)};
  const auto entries = (*directory)->list();
  if (entries) add(findings, check_owners(**directory, *entries, info));
  add(findings, check_control_files(**directory));
  add(findings, check_segments(**directory));
  if (entries) add(findings, check_cut(**directory, *entries));
  return findings;
}

}  // namespace crawlspool::cli
