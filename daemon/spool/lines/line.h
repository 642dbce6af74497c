// Makes and checks the lines of the spool. Knows the envelope only, nothing of the record's JSON.
// Source: FORMAT.md, "A line".
//
//   {"ts":"…","seq":42,"via":"stream","peer":"…","record":RECORD,"crc32":"8c736521"}\n
//   ^ crc32 covers from here …                       … to here ^^^^^^^^^^^^^^^^^^^^ the trailer: 20 bytes, and \n
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/spool/storage/layout.h"

namespace crawlspool::spool {

inline constexpr std::size_t kTrailerBytes = 20;  // ,"crc32":"8c736521"}
inline constexpr std::size_t kLineEndBytes = 1;   // \n
inline constexpr std::string_view kRecordKey = ",\"record\":";

[[nodiscard]] std::uint32_t crc32(std::string_view bytes, std::uint32_t seed = 0);  // as zlib's

// Holds what is the same for each record of one connection: the members between ts and seq, and between seq and record.
struct Origin {
  std::string before_seq;  // `,"client":"…","user":"…","session":"…"`, or what there is of it
  std::string after_seq;   // `,"stream":"…","via":"stream","peer":"…","record":`
};
// Holds the names that a client gave itself, in the characters that PROTOCOL.md allows; empty where it gave none.
struct ClientNames {
  std::string client;
  std::string session;  // its 16 hex digits
  std::string stream;
  std::string user = {};  // who it is by its token or its uid
};
// Holds what a line says of a record that came in another charset and was decoded.
struct DecodedFrom {
  std::string_view charset;    // its word; empty: the record is as it was sent
  std::uint64_t replaced = 0;  // how many U+FFFD stand for what could not be decoded; 0: not said
};
[[nodiscard]] Origin make_origin(std::string_view via, std::string_view peer, const ClientNames& names = {},
                                 const DecodedFrom& decoded = {});

// Returns the most bytes that a line takes around its record.
[[nodiscard]] std::size_t envelope_bytes_max(const Origin& origin);

// Writes a whole line at `out`, which has room for envelope_bytes_max() and the record; returns its end. The record
// is valid JSON; its raw line breaks are dropped. `seq` 0: no seq member.
[[nodiscard]] char* write_line(char* out, const char (&timestamp)[base::kTimestampBytes], const Origin& origin,
                               std::uint64_t seq, std::string_view record);

// Holds the pieces that put `"synced":P` into a finished line, which becomes head + (line without its first byte and
// its trailer) + trailer.
struct SyncedMark {
  std::string head;     // `{"synced":P,`
  std::string trailer;  // the new crc and the line's end
};
[[nodiscard]] SyncedMark mark_synced(std::string_view line, Position synced);

// Appends crc trailer and line end to the line that starts at `start` of `out`.
void append_crc_trailer(std::string& out, std::size_t start);

// Does the same at `end` of the line that begins at `start`; returns the new end.
[[nodiscard]] char* write_crc_trailer(const char* start, char* end);

// Whether `text` ends with a trailer and a line end, and the crc is that of all before them.
[[nodiscard]] bool has_sound_trailer(std::string_view text);

// A line that was read, as views into what was checked.
struct SoundLine {
  std::optional<Position> synced;
  std::string_view envelope;  // from the `{` up to and without kRecordKey
  std::string_view record;
};

// Returns nothing unless the line is whole, its crc matches and its envelope is one of ours. A blank line is not sound.
[[nodiscard]] std::optional<SoundLine> check_line(std::string_view line);

// Returns the text of a string member, or the digits of a number, of a checked envelope; nothing if it is not there.
// Escapes stay as they are: of a line's members only `stream` may have any.
[[nodiscard]] std::optional<std::string_view> envelope_member(std::string_view envelope, std::string_view key);

[[nodiscard]] std::optional<std::uint64_t> envelope_number(std::string_view envelope, std::string_view key);

// Whether there are only spaces before the \n, which is what repair leaves in place of damage.
[[nodiscard]] bool is_blank_line(std::string_view line);

}  // namespace crawlspool::spool
