// Broken files of every kind: each loads to something that prints and loads again, or is refused in words.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>

#include "config/print.h"
#include "tests/config/loading.h"

namespace crawlspool::config {
namespace {

// More rounds by hand: CRAWLSPOOL_MUTATIONS=100000.
int rounds() {
  const char* text = std::getenv("CRAWLSPOOL_MUTATIONS");
  return text == nullptr ? 2000 : std::stoi(text);
}

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  std::string mutate(std::string text) {
    for (std::size_t changes = 1 + below(6); changes > 0; --changes) change(text);
    return text;
  }

 private:
  std::size_t below(std::size_t end) { return end == 0 ? 0 : random_() % end; }

  void change(std::string& text) {
    static const std::vector<std::string> pieces{"&a ",
                                                 "*a",
                                                 "? ",
                                                 ": ",
                                                 "- ",
                                                 "---\n",
                                                 "...\n",
                                                 "[",
                                                 "]",
                                                 "{",
                                                 "}",
                                                 "\"",
                                                 "'",
                                                 "|\n",
                                                 ">\n",
                                                 "!!x ",
                                                 "<<: ",
                                                 "\t",
                                                 "\n",
                                                 "#",
                                                 "%YAML 9.9\n",
                                                 "~",
                                                 "99999999999999999999",
                                                 "-1",
                                                 "\\x",
                                                 "\x04",
                                                 "\xff",
                                                 "\xEF\xBB\xBF",
                                                 std::string(1, '\0'),
                                                 "limits:\n",
                                                 "  idle: 0\n",
                                                 "@",
                                                 "`",
                                                 ",",
                                                 "\r"};
    const std::size_t at = below(text.size() + 1);
    switch (below(5)) {
      case 0:
        text.insert(at, pieces[below(pieces.size())]);
        break;
      case 1:
        text.erase(at, 1 + below(8));
        break;
      case 2:
        text.insert(at, text.substr(below(text.size() + 1), below(60)));
        break;
      case 3:
        if (at < text.size()) text[at] = static_cast<char>(below(256));
        break;
      default:
        if (below(4) == 0) text.resize(at);
    }
  }

  std::mt19937 random_;
};

void expect_sound(const base::Result<Config>& config, std::string_view place, const std::string& input) {
  if (config) {
    const std::string text = print_config(*config);
    EXPECT_EQ(test::errors_of(text), "") << input;
    EXPECT_EQ(print_config(load_text("f.yaml", text, {}).value_or(Config{})), text) << input;
    return;
  }
  EXPECT_EQ(config.error().code, base::ErrorCode::kConfig);
  std::string_view errors = config.error().context;
  while (!errors.empty()) {
    const std::string_view line = errors.substr(0, errors.find('\n'));
    EXPECT_TRUE(line.starts_with(place)) << line << "\nof:\n" << input;
    errors.remove_prefix(std::min(errors.size(), line.size() + 1));
  }
}

TEST(MutatedFiles, LoadOrAreRefusedInWords) {
  const std::string sound = print_config(Config{});
  Mutator mutator(8940);
  for (int i = 0; i < rounds(); ++i) {
    const std::string yaml = mutator.mutate(sound);
    expect_sound(load_text("f.yaml", yaml, {}), "f.yaml", yaml);
  }
}

TEST(MutatedFiles, OverridesToo) {
  Mutator mutator(8941);
  for (int i = 0; i < rounds(); ++i) {
    const std::string text = mutator.mutate("listen.stream=[\"tcp://127.0.0.1:8940\", \"tcp://[::1]:8940\"]");
    expect_sound(load_text("f.yaml", "", {text}), "--set ", text);
  }
}

}  // namespace
}  // namespace crawlspool::config
