// The charsets that this machine's C library can decode, and how many records that were stored came in each. Made at
// the start, when codecs may be read from files; any thread uses it afterwards. Owns the tables, each made when it is
// first asked for.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "daemon/intake/charset_table.h"
#include "proto/charsets.h"

namespace crawlspool::intake {

class Charsets {
 public:
  // Opens every codec. Reads files, for some 20 milliseconds.
  Charsets();

  // Whether records may come in it.
  [[nodiscard]] bool has(proto::Charset charset) const;
  // Returns the words of those that it has not, with commas between them.
  [[nodiscard]] std::string missing() const;
  // Returns the table of one that has(), and that is not one of the Unicode forms. The first call makes it.
  [[nodiscard]] const CharsetTable& table(proto::Charset charset);

  void count_decoded(proto::Charset charset) {
    entries_[index(charset)].decoded.fetch_add(1, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t decoded(proto::Charset charset) const {
    return entries_[index(charset)].decoded.load(std::memory_order_relaxed);
  }

 private:
  struct Entry {
    std::optional<Codec> codec;  // open until its table is made
    std::once_flag once;
    std::unique_ptr<const CharsetTable> table;
    bool is_there = false;
    std::atomic<std::uint64_t> decoded{0};
  };

  std::array<Entry, proto::kCharsets.size()> entries_;
};

// What to say where has() is false.
[[nodiscard]] std::string no_codec_detail(proto::Charset charset);

}  // namespace crawlspool::intake
