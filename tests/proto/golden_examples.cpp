#include "tests/proto/golden_examples.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>

namespace crawlspool::proto {
namespace {

constexpr std::string_view kFence = "```";
constexpr std::string_view kOpeningFence = "```hex";

std::runtime_error trouble(std::size_t line_number, const std::string& what) {
  return std::runtime_error("PROTOCOL.md:" + std::to_string(line_number) + ": " + what);
}

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

// Appends what `text` says: bytes as pairs of hex digits, and `text` as it is.
void append_bytes(std::string& out, std::string_view text, std::size_t line_number) {
  while (!text.empty()) {
    if (text.front() == ' ') {
      text.remove_prefix(1);
    } else if (text.front() == '`') {
      const std::size_t end = text.find('`', 1);
      if (end == std::string_view::npos) throw trouble(line_number, "text without its closing backquote");
      out += text.substr(1, end - 1);
      text.remove_prefix(end + 1);
    } else {
      unsigned byte = 0;
      const auto read = std::from_chars(text.data(), text.data() + std::min<std::size_t>(text.size(), 2), byte, 16);
      if (read.ptr != text.data() + 2) throw trouble(line_number, "neither a byte in hex nor text");
      out += static_cast<char>(byte);
      text.remove_prefix(2);
    }
  }
}

// Takes the lines between two fences.
class ExampleReader {
 public:
  void take(std::string_view line, std::size_t line_number) {
    if (line.starts_with("# ")) {
      if (example_.title.empty()) example_.title = line.substr(2);
    } else if (line == "--") {
      first_open_ = example_.connections.size();
    } else if (line.starts_with("> ") || line.starts_with("< ")) {
      begin(line, 0);
      append_bytes(*bytes_, line.substr(2), line_number);
    } else if (line.starts_with(">2 ") || line.starts_with("<2 ")) {
      begin(line, 1);
      append_bytes(*bytes_, line.substr(3), line_number);
    } else if (line.starts_with("  ") && bytes_ != nullptr) {
      append_bytes(*bytes_, line.substr(2), line_number);
    } else {
      throw trouble(line_number, "a line of no kind");
    }
  }

  [[nodiscard]] GoldenExample whole(std::size_t line_number) {
    if (example_.title.empty()) throw trouble(line_number, "an example without a title");
    return std::move(example_);
  }

 private:
  void begin(std::string_view line, std::size_t which) {
    const std::size_t index = first_open_ + which;
    if (index >= example_.connections.size()) example_.connections.resize(index + 1);
    bytes_ = &example_.connections[index].emplace_back(GoldenBytes{line.front() == '>', {}}).bytes;
  }

  GoldenExample example_;
  std::size_t first_open_ = 0;    // of the connections
  std::string* bytes_ = nullptr;  // of the line above
};

}  // namespace

std::vector<GoldenExample> read_golden_examples(std::string_view document) {
  std::vector<GoldenExample> examples;
  std::optional<ExampleReader> reader;
  for (std::size_t line_number = 1; !document.empty(); ++line_number) {
    const std::string_view line = take_line(document);
    if (reader && line == kFence) {
      examples.push_back(reader->whole(line_number));
      reader.reset();
    } else if (reader) {
      reader->take(line, line_number);
    } else if (line == kOpeningFence) {
      reader.emplace();
    }
  }
  return examples;
}

}  // namespace crawlspool::proto
