// Whether an input is records, one a line, judged by its first bytes, and if not, how it is made so. What this lets
// pass the daemon judges line by line. No I/O.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace crawlspool::cli {

inline constexpr std::size_t kFirstBytesMax = 16 * 1024 * 1024;  // that are looked at
inline constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

struct InputKind {
  std::string what;    // "compressed by gzip"
  std::string remedy;  // a shell line for the file
  bool may_be_meant;   // its lines could be records all the same
};

// `first`: the input's first bytes; `is_all`: there are no more. Nothing where it looks like records, or where it
// cannot be told. `file`: its name in the remedy.
[[nodiscard]] std::optional<InputKind> foreign_kind(std::string_view first, bool is_all, const std::string& file);

// False while more bytes could change the verdict: until a first line is there, and a second one where the first can be
// no record.
[[nodiscard]] bool is_judgeable(std::string_view first, bool is_all);

}  // namespace crawlspool::cli
