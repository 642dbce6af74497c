#include "proto/codes.h"

#include <array>

namespace crawlspool::proto {
namespace {

constexpr std::array<std::string_view, kRejectCodes> kRejectWords{
    "invalid_json", "invalid_utf8", "empty_record", "too_deep", "record_too_large", "invalid_charset"};
constexpr std::array<std::string_view, 15> kErrorWords{
    "wrong_protocol", "frame_too_large", "frame_timeout",    "unknown_frame_type", "bad_frame",
    "bad_hello",      "bad_batch",       "session_mismatch", "too_many_sessions",  "too_many_connections",
    "unauthorized",   "forbidden",       "slow_reader",      "numbers_used_up",    "spool_failed"};
constexpr std::array<std::string_view, 5> kGoodbyeWords{"bye", "idle_timeout", "draining", "superseded", "rebalance"};
constexpr std::array<std::string_view, 6> kSlowWords{"disk_full",      "spool_busy",    "memory",
                                                     "no_descriptors", "amplification", "rate"};

// The tables are indexed by the enumerators: the last of each must be the last entry.
static_assert(static_cast<std::size_t>(RejectCode::kInvalidCharset) + 1 == kRejectWords.size());
static_assert(static_cast<std::size_t>(ErrorWord::kSpoolFailed) + 1 == kErrorWords.size());
static_assert(static_cast<std::size_t>(GoodbyeReason::kRebalance) + 1 == kGoodbyeWords.size());
static_assert(static_cast<std::size_t>(SlowReason::kRate) + 1 == kSlowWords.size());

}  // namespace

std::string_view word(RejectCode code) { return kRejectWords.at(static_cast<std::size_t>(code)); }
std::string_view word(ErrorWord code) { return kErrorWords.at(static_cast<std::size_t>(code)); }
std::string_view word(GoodbyeReason reason) { return kGoodbyeWords.at(static_cast<std::size_t>(reason)); }
std::string_view word(SlowReason reason) { return kSlowWords.at(static_cast<std::size_t>(reason)); }

}  // namespace crawlspool::proto
