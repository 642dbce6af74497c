#include "cli/common/line_splitter.h"

namespace crawlspool::cli {
namespace {

bool is_blank(std::string_view line) { return line.empty() || line == "\r"; }

}  // namespace

bool LineSplitter::next(std::string_view& input, RecordLine& line) {
  if (begun_is_out_) {
    begun_is_out_ = false;
    begun_.clear();
  }
  while (!input.empty()) {
    const std::size_t end = input.find('\n');
    const std::string_view piece = input.substr(0, end);
    const bool is_whole = end != std::string_view::npos;
    const std::size_t taken = is_whole ? end + 1 : input.size();
    input.remove_prefix(taken);
    offset_ += taken;
    if (!is_whole) {
      keep(piece);
      break;
    }
    if (begun_.empty() && !too_long_) {
      if (hand_out(piece, true, line)) return true;
      continue;
    }
    keep(piece);
    begun_is_out_ = true;
    if (hand_out(begun_, true, line)) return true;
    begun_is_out_ = false;
    begun_.clear();
  }
  return false;
}

void LineSplitter::begin_at(std::uint64_t offset, std::uint64_t lines) {
  offset_ = offset;
  lines_ = lines;
}

bool LineSplitter::finish(RecordLine& line) {
  const bool is_record = !begun_is_out_ && hand_out(begun_, false, line);
  begun_is_out_ = true;
  lines_ = 0;
  offset_ = 0;
  return is_record;
}

void LineSplitter::keep(std::string_view bytes) {
  if (begun_.size() + bytes.size() > line_bytes_max_) too_long_ = true;
  if (too_long_)
    begun_.clear();
  else
    begun_ += bytes;
}

// Returns false for a blank line.
bool LineSplitter::hand_out(std::string_view bytes, bool has_line_end, RecordLine& line) {
  ++lines_;
  const bool is_too_long = too_long_ || bytes.size() > line_bytes_max_;
  too_long_ = false;
  if (!is_too_long && is_blank(bytes)) return false;
  line = {lines_, is_too_long ? std::string_view{} : bytes, is_too_long, offset_, has_line_end};
  return true;
}

}  // namespace crawlspool::cli
