// Judges by its first bytes whether an input is records, one a line, and if not, says how to make it so. What this lets
// pass the daemon judges line by line. Does no I/O.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace crawlspool::cli {

inline constexpr std::size_t kFirstBytesMax = 16 * 1024 * 1024;  // so many are looked at
inline constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

struct InputKind {
  std::string what;    // "compressed by gzip"
  std::string remedy;  // a shell line for the file
  bool may_be_meant;   // true where its lines could be records all the same
};

// Returns nothing where the input looks like records, or where that is not clear. `first` holds its first bytes, and
// `is_all` says that there are no more; `file` is its name in the remedy.
[[nodiscard]] std::optional<InputKind> foreign_kind(std::string_view first, bool is_all, const std::string& file);

// Returns false while more bytes could change the verdict: until a first line is there, and a second one where the
// first can be no record.
[[nodiscard]] bool is_judgeable(std::string_view first, bool is_all);

}  // namespace crawlspool::cli
