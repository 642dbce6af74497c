// A Redis client's bytes give the same commands however they are cut, within their limits, in memory that is no more
// than what has come; a command that is kept is the same; what was read can be written down and reads the same.
// Input: limits; the number of pieces; a length for each; the bytes. The pieces' lengths repeat.
#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "daemon/inputs/redis/push_command.h"
#include "daemon/inputs/redis/resp_decoder.h"
#include "daemon/json/record_checker.h"
#include "tests/fuzz/fuzzing.h"

namespace {

using crawlspool::fuzz::Input;
using crawlspool::fuzz::PaddedCopy;
using crawlspool::redis::OwnedCommand;
using crawlspool::redis::RespDecoder;
using crawlspool::redis::RespLimits;
using Command = std::vector<std::string>;
using Step = RespDecoder::Step;

// A part takes 20 bytes of memory beside its own, and six on the wire; capacity doubles.
constexpr std::size_t kHeldForAByteMax = 8;
constexpr std::size_t kHeldBeside = 64 * 1024;
constexpr std::size_t kWrittenDownMax = 16;  // of an input's commands

struct Outcome {
  std::vector<Command> commands;
  bool is_refused = false;
  bool has_begun = false;
  std::string refusal;
};

void claim_within(const Command& command, const RespLimits& limits) {
  FUZZ_CLAIM(command.size() <= limits.parts_max);
  std::size_t bytes = 0;
  for (const std::string& part : command) {
    FUZZ_CLAIM(part.size() <= limits.part_bytes_max + 1);
    bytes += part.size();
  }
  FUZZ_CLAIM(bytes <= limits.command_bytes_max);
}

// An object that is made of decoded texts is sound, unless it was cut for its length.
void claim_record_of(const crawlspool::redis::AddedEntry& entry, std::string_view charset) {
  constexpr std::uint64_t kRecordBytesMax = 1024;
  static crawlspool::intake::Charsets charsets;
  static crawlspool::commit::MemoryBudget memory{64 << 20, 1 << 20};
  static crawlspool::commit::MemoryAccount account{memory};
  static crawlspool::json::RecordChecker checker{200};
  const crawlspool::proto::Decoding decoding{*crawlspool::proto::find_charset(charset), false};
  crawlspool::intake::Transcoder transcoder(charsets, account);
  crawlspool::intake::TurnBudget budget;
  crawlspool::redis::FieldDecoder decoder(decoding, transcoder, budget, kRecordBytesMax);
  std::string made;
  const auto record = crawlspool::redis::record_of(entry, kRecordBytesMax, RespDecoder::kPaddingBytes, decoder, made);
  crawlspool::fuzz::read_behind(record.text, record.is_made ? RespDecoder::kPaddingBytes : 0);
  if (record.is_made && charset != "utf-8" && record.text.size() <= kRecordBytesMax)
    FUZZ_CLAIM(!checker.check(record.text));
}

// Whatever the command is, it may be read as one that brings items.
void claim_items_lie_within(const Command& command) {
  const std::vector<std::string_view> parts(command.begin(), command.end());
  if (const auto push = crawlspool::redis::read_push(parts)) FUZZ_CLAIM(push->items.size() + 2 == parts.size());
  const auto entry = crawlspool::redis::read_xadd(parts);
  if (!entry) return;
  FUZZ_CLAIM(!entry->fields.empty() && entry->fields.size() % 2 == 0 && entry->fields.size() + 3 <= parts.size());
  for (const char* const charset : {"utf-8", "gbk", "utf-16"}) claim_record_of(*entry, charset);
}

Command copy_of(RespDecoder& decoder, bool is_kept) {
  for (const std::string_view part : decoder.parts()) crawlspool::fuzz::read_behind(part, RespDecoder::kPaddingBytes);
  if (!is_kept) return {decoder.parts().begin(), decoder.parts().end()};
  const OwnedCommand kept = decoder.keep();
  FUZZ_CLAIM(decoder.parts().empty());
  for (const std::string_view part : kept.parts()) crawlspool::fuzz::read_behind(part, RespDecoder::kPaddingBytes);
  return {kept.parts().begin(), kept.parts().end()};
}

Outcome decode(std::string_view bytes, const std::vector<std::size_t>& pieces, const RespLimits& limits,
               bool keeps_all = false) {
  RespDecoder decoder(limits);
  Outcome outcome;
  std::size_t at = 0;
  for (std::size_t i = 0; at < bytes.size() && !outcome.is_refused; ++i) {
    const PaddedCopy copy(bytes.substr(at, pieces[i % pieces.size()]), RespDecoder::kPaddingBytes);
    std::string_view input = copy.view();
    at += input.size();
    Step step = decoder.next(input);
    for (; step == Step::kCommand; step = decoder.next(input)) {
      outcome.commands.push_back(copy_of(decoder, keeps_all));
      claim_within(outcome.commands.back(), limits);
    }
    outcome.is_refused = step == Step::kRefused;
    FUZZ_CLAIM(outcome.is_refused || input.empty());
    FUZZ_CLAIM(decoder.held_bytes() <= kHeldForAByteMax * decoder.received_bytes() + kHeldBeside);
  }
  outcome.has_begun = decoder.has_begun();
  outcome.refusal = decoder.refusal();
  FUZZ_CLAIM(outcome.is_refused == !outcome.refusal.empty());
  return outcome;
}

void claim_same(const Outcome& a, const Outcome& b) {
  FUZZ_CLAIM(a.commands == b.commands);
  FUZZ_CLAIM(a.is_refused == b.is_refused && a.refusal == b.refusal && a.has_begun == b.has_begun);
}

void claim_round_trip(const Command& command, const RespLimits& limits) {
  std::string text = "*" + std::to_string(command.size()) + "\r\n";
  for (const std::string& part : command) text += "$" + std::to_string(part.size()) + "\r\n" + part + "\r\n";
  const Outcome again = decode(text, {text.size()}, limits);
  FUZZ_CLAIM(again.commands.size() == 1 && again.commands.front() == command && !again.is_refused && !again.has_begun);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  RespLimits limits{};
  limits.part_bytes_max = std::size_t{1} << (input.byte() % 18U);
  limits.parts_max = 1 + std::size_t{input.byte()} * 8;
  limits.command_bytes_max = limits.part_bytes_max + 1 + (std::size_t{1} << (input.byte() % 18U));
  std::vector<std::size_t> pieces;
  const std::size_t piece_count = 1 + input.byte() % 16U;
  for (std::size_t i = 0; i < piece_count; ++i) pieces.push_back(1 + input.byte());
  const std::string_view bytes = input.rest();
  const Outcome whole = decode(bytes, {std::max<std::size_t>(bytes.size(), 1)}, limits);
  claim_same(whole, decode(bytes, pieces, limits));
  claim_same(whole, decode(bytes, pieces, limits, /*keeps_all=*/true));
  if (bytes.size() <= 4096) claim_same(whole, decode(bytes, {1}, limits));
  std::size_t written_down = 0;
  for (const Command& command : whole.commands) {
    if (command.empty() || ++written_down > kWrittenDownMax) continue;
    claim_items_lie_within(command);
    claim_round_trip(command, limits);
  }
  return 0;
}
