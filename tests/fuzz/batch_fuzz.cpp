// A batch's records, with what lies between them, are the batch; what lies between them is blank.
#include <string_view>

#include "proto/batch.h"
#include "tests/fuzz/fuzzing.h"

namespace {

using crawlspool::proto::BatchReader;
using crawlspool::proto::count_records;

// Takes lines of nothing, or of one 0x0D, off the front.
std::string_view without_blank_lines(std::string_view text) {
  while (text.starts_with('\n') || text.starts_with("\r\n")) text.remove_prefix(text.starts_with('\n') ? 1 : 2);
  return text == "\r" ? std::string_view() : text;
}

// Takes a line's end off the front, if the batch does not end there.
std::string_view without_line_end(std::string_view text) {
  if (text.starts_with('\r')) text.remove_prefix(1);
  FUZZ_CLAIM(text.empty() || text.starts_with('\n'));
  if (!text.empty()) text.remove_prefix(1);
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const crawlspool::fuzz::PaddedCopy batch({reinterpret_cast<const char*>(data), size}, 0);
  BatchReader reader(batch.view());
  std::string_view expected = without_blank_lines(batch.view());
  std::uint64_t records = 0;
  while (reader.rest_bytes() > 0) {
    const std::size_t rest_before = reader.rest_bytes();
    const auto record = reader.next();
    FUZZ_CLAIM(reader.rest_bytes() < rest_before);
    if (!record) continue;
    ++records;
    FUZZ_CLAIM(!record->empty());
    FUZZ_CLAIM(record->find('\n') == std::string_view::npos);
    FUZZ_CLAIM(record->data() == expected.data());
    FUZZ_CLAIM(record->size() <= expected.size());
    expected.remove_prefix(record->size());
    FUZZ_CLAIM(!record->ends_with('\r') || expected.starts_with('\r'));  // one was taken off
    FUZZ_CLAIM(reader.rest_bytes() <= expected.size());
    expected = without_blank_lines(without_line_end(expected));
  }
  FUZZ_CLAIM(expected.empty());
  FUZZ_CLAIM(reader.rest_bytes() == 0);
  FUZZ_CLAIM(!reader.next());

  FUZZ_CLAIM(count_records(batch.view(), size + 1) == records);
  FUZZ_CLAIM(count_records(batch.view(), records / 2) == records / 2);
  return 0;
}
