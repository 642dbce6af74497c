// Keeps one reader's named place, from finding it on: only what was printed and flushed counts as taken, so that after
// a crash lines may come twice and none is skipped.
#pragma once

#include <optional>
#include <string>

#include "daemon/spool/control/cursor.h"
#include "daemon/spool/read/cursor_place.h"
#include "daemon/spool/read/segment_reader.h"

namespace crawlspool::cli {

class CursorKeeper {
 public:
  // `directory` outlives it.
  CursorKeeper(spool::Directory& directory, std::string name) : directory_(directory), name_(std::move(name)) {}

  // Looks at the cursor's file and at the place it names. Returns nothing if there is no such cursor yet. Fails with
  // kDamaged if its file's checksum does not match.
  [[nodiscard]] base::Result<std::optional<spool::CursorPlace>> find();
  // Begins to read at `position`, a line's start, which is kept as the place until a line is taken.
  [[nodiscard]] base::Result<void> begin(spool::Position position);

  // Takes the next line, in order: it was damaged or filtered out, or is being printed.
  void take(const spool::ReadLine& line);
  // Makes the place behind all that was taken durable, if it is another than before. Fails where someone else has moved
  // or removed the cursor meanwhile.
  [[nodiscard]] base::Result<void> keep();

  // Says why the cursor's place is not where reading can go on, and what `--skip` would do.
  [[nodiscard]] std::string describe(const spool::CursorPlace& place) const;
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  spool::Directory& directory_;
  std::string name_;
  std::string spool_id_;
  std::optional<spool::Cursor> kept_;  // as it stands in its file
  bool may_replace_anything_ = false;  // the file was damaged
  bool is_lost_ = false;               // its place is not where reading can go on
  spool::Cursor taken_;
};

}  // namespace crawlspool::cli
