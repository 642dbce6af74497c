#include "daemon/spool/control/control_files.h"

#include <algorithm>
#include <utility>

#include "daemon/spool/control/durable_mark.h"
#include "daemon/spool/control/lock_and_identity.h"
#include "daemon/spool/control/snapshot.h"
#include "daemon/spool/lines/line.h"
#include "daemon/spool/lines/line_scanner.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using base::Result;

// Returns the spool's id from a snapshot's first line.
std::optional<std::string> id_in_snapshot(Directory& directory, std::string_view name) {
  const auto file = directory.open(std::string(name), OpenMode::kRead);
  if (!file) return std::nullopt;
  LineScanner lines(**file);
  const auto head = lines.next();
  if (!head || !*head || !(*head)->is_whole || !has_sound_trailer((*head)->bytes)) return std::nullopt;
  const auto id = envelope_member((*head)->bytes, "spool");
  return id ? std::optional<std::string>(*id) : std::nullopt;
}

std::optional<std::string> id_elsewhere(Directory& directory, const std::vector<NamedCursor>& cursors) {
  for (const std::string_view name : {kSnapshotName, kPreviousSnapshotName})
    if (auto id = id_in_snapshot(directory, name)) return id;
  for (const NamedCursor& named : cursors)
    if (named.cursor) return named.cursor->spool_id;
  return std::nullopt;
}

Result<void> read_identity(Directory& directory, ControlFiles& files) {
  const auto id = read_spool_id(directory);
  if (id) {
    files.spool_id = *id;
    return {};
  }
  if (id.error().code == ErrorCode::kConfig) return tl::unexpected(id.error());
  const ErrorCode code = id.error().code;
  std::string why = id.error().message();
  if (code == ErrorCode::kNotFound) why = "is missing";
  if (code == ErrorCode::kDamaged) why = "does not read as {\"format\":…,\"id\":…}";
  files.troubles.push_back({ControlFile::kIdentity, std::string(kIdentityName), std::move(why), code});
  files.spool_id = id_elsewhere(directory, files.cursors);
  return {};
}

void read_the_durable_file(Directory& directory, ControlFiles& files) {
  const auto text = read_durable_text(directory);
  if (!text && text.error().code == ErrorCode::kNotFound) return;
  if (text) files.durable = parse_position_digits(*text);
  if (files.durable) return;
  const bool is_readable = text || text.error().code == ErrorCode::kDamaged;
  files.troubles.push_back({ControlFile::kDurable, std::string(kDurableName),
                            is_readable ? "is not 20 digits" : text.error().message(),
                            is_readable ? ErrorCode::kDamaged : text.error().code});
}

void read_the_cursors(Directory& directory, ControlFiles& files) {
  auto cursors = list_cursors(directory);
  if (!cursors) {
    files.troubles.push_back(
        {ControlFile::kCursor, std::string(kCursorsName), cursors.error().message(), cursors.error().code});
    return;
  }
  files.cursors = std::move(*cursors);
  for (const NamedCursor& named : files.cursors) {
    if (named.cursor || named.cursor.error().code == ErrorCode::kNotFound) continue;  // removed since it was listed
    const bool is_damaged = named.cursor.error().code == ErrorCode::kDamaged;
    files.troubles.push_back({ControlFile::kCursor, cursor_file_name(named.name),
                              is_damaged ? "checksum mismatch" : named.cursor.error().message(),
                              named.cursor.error().code});
  }
}

ControlTrouble judge(Directory& directory, const UnusableFile& snapshot, const ControlFiles& files) {
  ControlTrouble trouble{ControlFile::kSnapshot, snapshot.name, snapshot.why, ErrorCode::kDamaged};
  if (const auto file = directory.open(snapshot.name, OpenMode::kRead); !file) {
    trouble.code = file.error().code;
    return trouble;
  }
  // The snapshot may be sound, and spool.json, which has no checksum, may be wrong.
  const auto id = id_in_snapshot(directory, snapshot.name);
  if (!id || id == files.spool_id) return trouble;
  trouble.why = "is of spool " + *id + ", and spool.json says otherwise";
  trouble.code = ErrorCode::kConfig;
  return trouble;
}

}  // namespace

Result<ControlFiles> read_control_files(Directory& directory) {
  ControlFiles files;
  read_the_cursors(directory, files);
  CRAWLSPOOL_TRY(read_identity(directory, files));
  read_the_durable_file(directory, files);
  SnapshotSearch search = find_snapshot(directory, files.spool_id.value_or(""));
  if (search.newest) files.snapshot = search.newest->position;
  for (const UnusableFile& unusable : search.unusable) files.troubles.push_back(judge(directory, unusable, files));
  return files;
}

}  // namespace crawlspool::spool
