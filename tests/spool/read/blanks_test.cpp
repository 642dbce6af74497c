#include <gtest/gtest.h>

#include <string>

#include "daemon/spool/lines/line.h"
#include "daemon/spool/repair/segment_repair.h"

namespace crawlspool::spool {
namespace {

TEST(Blanks, KeepLineEndsAndEndWithOne) {
  std::string text = "ab\n\ncd";
  Blanks().make(text, true);
  EXPECT_EQ(text, "  \n\n \n");
  text = "x";
  Blanks().make(text, true);
  EXPECT_EQ(text, "\n");
}

TEST(Blanks, AreLinesOfBoundedLengthWhateverThePieces) {
  const std::string damage(300'000, 'x');
  std::string whole = damage;
  Blanks().make(whole, true);
  std::string pieces = damage;
  Blanks blanks;
  for (std::size_t at = 0; at < pieces.size(); at += 777)
    blanks.make(std::span(pieces).subspan(at, std::min<std::size_t>(777, pieces.size() - at)),
                at + 777 >= pieces.size());
  EXPECT_EQ(pieces, whole);
  for (std::size_t at = 0; at < whole.size();) {
    const std::size_t end = whole.find('\n', at);
    ASSERT_NE(end, std::string::npos);
    EXPECT_LE(end - at, 64U * 1024U);
    EXPECT_TRUE(is_blank_line(whole.substr(at, end + 1 - at)));
    at = end + 1;
  }
}

}  // namespace
}  // namespace crawlspool::spool
