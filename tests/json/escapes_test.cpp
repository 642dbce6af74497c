#include "daemon/json/escapes.h"

#include <gtest/gtest.h>

#include <string>

namespace crawlspool::json {
namespace {

// With backslashes behind it, which are none of its own.
std::optional<std::size_t> bad_escape(const std::string& text) {
  std::string padded = text + std::string(kEscapesPaddingBytes, '\\');
  padded.shrink_to_fit();
  return first_bad_escape(std::string_view(padded).substr(0, text.size()));
}

TEST(JsonEscapes, TakesEveryEscapeWhereverItStands) {
  for (const std::string escape :
       {R"(\")", R"(\\)", R"(\/)", R"(\b)", R"(\f)", R"(\n)", R"(\r)", R"(\t)", R"(\u0000)", R"(\u00e9)", R"(\uABCD)",
        R"(\ud7ff)", R"(\ue000)", R"(\ud83d\ude00)", R"(\uDBFF\uDFFF)", R"(\\u12)", R"(\\\\)"})
    for (std::size_t before = 0; before < 140; ++before)
      for (const std::size_t behind : {0, 1, 9})
        EXPECT_EQ(bad_escape(std::string(before, 'x') + escape + std::string(behind, 'y')), std::nullopt)
            << before << escape << behind;
}

TEST(JsonEscapes, FindsTheFirstEscapeThatIsNone) {
  for (const std::string escape :
       {R"(\)", R"(\x)", R"(\U0041)", R"(\')", R"(\0)", R"(\u)", R"(\u12)", R"(\u123g)", R"(\ud800)", R"(\udc00)",
        R"(\ud800x)", R"(\ud800\n)", R"(\ud800\u0041)", R"(\ud800\ud800)", R"(\udfff\udfff)", R"(\ud83d\ude0)"})
    for (std::size_t before = 0; before < 140; ++before)
      EXPECT_EQ(bad_escape(R"(\\)" + std::string(before, 'x') + escape), 2 + before) << before << escape;
}

TEST(JsonEscapes, RowsOfBackslashesPairUpAcrossEveryBlock) {
  for (std::size_t before = 0; before < 70; ++before)
    for (const std::size_t row : {2, 62, 64, 66, 128, 200}) {
      const std::string text = std::string(before, 'x') + std::string(row, '\\');
      EXPECT_EQ(bad_escape(text + "x"), std::nullopt) << before << " " << row;
      EXPECT_EQ(bad_escape(text + "\\"), before + row) << before << " " << row;
      EXPECT_EQ(bad_escape(text + "\\x"), before + row) << before << " " << row;
    }
}

}  // namespace
}  // namespace crawlspool::json
