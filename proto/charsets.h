// The table of charsets that records may come in: their names, and glibc's codec behind each. One name stands for a
// charset in hello, in Content-Type, in a listener's settings, in the spool's lines and in metrics; the other names
// that are usual for it are taken as well. Source: PROTOCOL.md, "Charsets".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace crawlspool::proto {

enum class CharsetKind {
  kUtf8,        // nothing is decoded
  kSingleByte,  // a character is a byte
  kMultiByte,   // bytes below 0x80 are ASCII's, unless they end a character; a line end always is one
  kUtf16,       // no byte of it ends a line: a record is a message
};

struct CharsetInfo {
  std::string_view word;
  CharsetKind kind;
  const char* codec;         // of glibc; null: needs none
  std::string_view aliases;  // lower case, between spaces
};

inline constexpr std::array kCharsets{
    CharsetInfo{"utf-8", CharsetKind::kUtf8, nullptr, "utf8 us-ascii ascii"},
    CharsetInfo{"gb18030", CharsetKind::kMultiByte, "GB18030", "gb-18030 cp54936 windows-54936"},
    CharsetInfo{"gbk", CharsetKind::kMultiByte, "CP936",
                "cp936 ms936 windows-936 x-gbk gb2312 gb_2312 gb_2312-80 csgb2312 euc-cn euccn x-euc-cn chinese "
                "iso-ir-58 csiso58gb231280"},
    CharsetInfo{"big5", CharsetKind::kMultiByte, "CP950", "cp950 ms950 windows-950 big-5 csbig5 cn-big5 x-x-big5"},
    CharsetInfo{"shift_jis", CharsetKind::kMultiByte, "CP932",
                "cp932 ms932 windows-932 windows-31j cswindows31j sjis x-sjis shift-jis csshiftjis ms_kanji"},
    CharsetInfo{"euc-jp", CharsetKind::kMultiByte, "EUC-JP", "euc_jp eucjp x-euc-jp ujis cseucpkdfmtjapanese"},
    CharsetInfo{"euc-kr", CharsetKind::kMultiByte, "CP949",
                "cp949 ms949 windows-949 uhc euckr cseuckr korean ksc5601 ksc_5601 ks_c_5601-1987 ks_c_5601-1989 "
                "iso-ir-149 csksc56011987"},
    CharsetInfo{"windows-1250", CharsetKind::kSingleByte, "CP1250", "cp1250 x-cp1250"},
    CharsetInfo{"windows-1251", CharsetKind::kSingleByte, "CP1251", "cp1251 x-cp1251"},
    CharsetInfo{"windows-1252", CharsetKind::kSingleByte, "CP1252", "cp1252 x-cp1252"},
    CharsetInfo{"windows-1253", CharsetKind::kSingleByte, "CP1253", "cp1253 x-cp1253"},
    CharsetInfo{"windows-1254", CharsetKind::kSingleByte, "CP1254", "cp1254 x-cp1254"},
    CharsetInfo{"windows-1255", CharsetKind::kSingleByte, "CP1255", "cp1255 x-cp1255"},
    CharsetInfo{"windows-1256", CharsetKind::kSingleByte, "CP1256", "cp1256 x-cp1256"},
    CharsetInfo{"windows-1257", CharsetKind::kSingleByte, "CP1257", "cp1257 x-cp1257"},
    CharsetInfo{"windows-1258", CharsetKind::kSingleByte, "CP1258", "cp1258 x-cp1258"},
    CharsetInfo{"iso-8859-1", CharsetKind::kSingleByte, "ISO-8859-1",
                "iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 iso-ir-100 latin1 latin-1 l1 cp819 ibm819 csisolatin1"},
    CharsetInfo{"iso-8859-2", CharsetKind::kSingleByte, "ISO-8859-2",
                "iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 iso-ir-101 latin2 l2 csisolatin2"},
    CharsetInfo{"iso-8859-3", CharsetKind::kSingleByte, "ISO-8859-3",
                "iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 iso-ir-109 latin3 l3 csisolatin3"},
    CharsetInfo{"iso-8859-4", CharsetKind::kSingleByte, "ISO-8859-4",
                "iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 iso-ir-110 latin4 l4 csisolatin4"},
    CharsetInfo{"iso-8859-5", CharsetKind::kSingleByte, "ISO-8859-5",
                "iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988 iso-ir-144 cyrillic csisolatincyrillic"},
    CharsetInfo{"iso-8859-6", CharsetKind::kSingleByte, "ISO-8859-6",
                "iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987 iso-8859-6-e iso-8859-6-i iso-ir-127 arabic asmo-708 "
                "ecma-114 csisolatinarabic"},
    CharsetInfo{"iso-8859-7", CharsetKind::kSingleByte, "ISO-8859-7",
                "iso8859-7 iso88597 iso_8859-7 iso_8859-7:1987 iso-ir-126 greek greek8 ecma-118 elot_928 "
                "csisolatingreek"},
    CharsetInfo{"iso-8859-8", CharsetKind::kSingleByte, "ISO-8859-8",
                "iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 iso-8859-8-e iso-8859-8-i iso-ir-138 hebrew logical "
                "visual csisolatinhebrew"},
    CharsetInfo{"iso-8859-9", CharsetKind::kSingleByte, "ISO-8859-9",
                "iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 iso-ir-148 latin5 l5 csisolatin5"},
    CharsetInfo{"iso-8859-10", CharsetKind::kSingleByte, "ISO-8859-10",
                "iso8859-10 iso885910 iso_8859-10 iso-ir-157 latin6 l6 csisolatin6"},
    CharsetInfo{"iso-8859-11", CharsetKind::kSingleByte, "ISO-8859-11", "iso8859-11 iso885911 iso_8859-11 tis-620"},
    CharsetInfo{"iso-8859-13", CharsetKind::kSingleByte, "ISO-8859-13",
                "iso8859-13 iso885913 iso_8859-13 iso-ir-179 latin7 l7"},
    CharsetInfo{"iso-8859-14", CharsetKind::kSingleByte, "ISO-8859-14",
                "iso8859-14 iso885914 iso_8859-14 iso-ir-199 latin8 l8 iso-celtic"},
    CharsetInfo{"iso-8859-15", CharsetKind::kSingleByte, "ISO-8859-15",
                "iso8859-15 iso885915 iso_8859-15 iso-ir-203 latin9 latin-9 l9 csisolatin9"},
    CharsetInfo{"iso-8859-16", CharsetKind::kSingleByte, "ISO-8859-16",
                "iso8859-16 iso885916 iso_8859-16 iso-ir-226 latin10 l10"},
    CharsetInfo{"utf-16", CharsetKind::kUtf16, nullptr, "utf16 csutf16"},
    CharsetInfo{"utf-16le", CharsetKind::kUtf16, nullptr, "utf16le csutf16le"},
    CharsetInfo{"utf-16be", CharsetKind::kUtf16, nullptr, "utf16be csutf16be"},
};

// One of kCharsets, by its index there.
enum class Charset : std::uint8_t {};
inline constexpr Charset kUtf8{0};

[[nodiscard]] constexpr std::size_t index(Charset charset) { return static_cast<std::size_t>(charset); }
[[nodiscard]] constexpr const CharsetInfo& info(Charset charset) { return kCharsets[index(charset)]; }
[[nodiscard]] constexpr std::string_view word(Charset charset) { return info(charset).word; }
// Whether its bytes can be cut into lines before they are decoded.
[[nodiscard]] constexpr bool has_lines(Charset charset) { return info(charset).kind != CharsetKind::kUtf16; }

inline constexpr auto kAllCharsets = [] {
  std::array<Charset, kCharsets.size()> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<Charset>(i);
  return all;
}();

// What a charset is, for complaints: "charset is " and this.
inline constexpr std::string_view kCharsetRule =
    "one of utf-8, gb18030, gbk, big5, shift_jis, euc-jp, euc-kr, windows-1250 to windows-1258, iso-8859-1 to "
    "iso-8859-16 (there is no 12), utf-16, utf-16le, utf-16be";

// By its word or an alias, in any case.
[[nodiscard]] std::optional<Charset> find_charset(std::string_view name);

// How a source's records become UTF-8.
struct Decoding {
  Charset charset = kUtf8;
  bool replaces = false;  // U+FFFD takes the place of what cannot be decoded; else the record is rejected

  bool operator==(const Decoding&) const = default;
};

}  // namespace crawlspool::proto
