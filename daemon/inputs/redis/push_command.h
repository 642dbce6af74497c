// Reads RPUSH, LPUSH and XADD: where the items go and which they are. No I/O.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "daemon/inputs/redis/field_decoder.h"

namespace crawlspool::redis {

struct PushedItems {
  std::string_view key;
  std::span<const std::string_view> items;
};

// Both take a command's parts, of which the first is its name, and return what is wrong in words behind "ERR ".
[[nodiscard]] tl::expected<PushedItems, std::string> read_push(std::span<const std::string_view> parts);

struct AddedEntry {
  std::string_view key;
  std::span<const std::string_view> fields;  // each with its value behind it
};
// XADD key [NOMKSTREAM] [MAXLEN|MINID [=|~] n [LIMIT n]] * field value…
[[nodiscard]] tl::expected<AddedEntry, std::string> read_xadd(std::span<const std::string_view> parts);

struct EntryRecord {
  std::string_view text;
  bool is_made = false;  // in UTF-8; else it is as it came
};
// Returns the record that an entry is: the value of its only field, where that is called item, data or record; else an
// object of the fields, which is put into `made`, with `padding` readable behind it. One that is longer than
// `record_bytes_max` is not made whole, and longer than that all the same. Where a name or value cannot be decoded,
// that alone is what is returned, as it came.
[[nodiscard]] EntryRecord record_of(const AddedEntry& entry, std::uint64_t record_bytes_max, std::size_t padding,
                                    FieldDecoder& decoder, std::string& made);

// As commands' names and options are compared. `word` is in capitals.
[[nodiscard]] bool is_word(std::string_view text, std::string_view word);

}  // namespace crawlspool::redis
