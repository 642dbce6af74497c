#include "daemon/commit/stream_labels.h"

#include <gtest/gtest.h>

#include <string>

namespace crawlspool::commit {
namespace {

TEST(StreamLabels, AStreamKeepsItsLabel) {
  StreamLabels labels;
  const std::size_t quotes = labels.label_of("quotes");
  const std::size_t books = labels.label_of("books");
  EXPECT_NE(quotes, books);
  EXPECT_EQ(labels.label_of("quotes"), quotes);
  EXPECT_EQ(labels.names().at(quotes), "quotes");
  EXPECT_EQ(labels.names().at(books), "books");
}

TEST(StreamLabels, NoStreamAndOneThatIsCalledOtherHaveTheirs) {
  StreamLabels labels;
  EXPECT_EQ(labels.label_of(""), StreamLabels::kNone);
  EXPECT_EQ(labels.label_of("other"), StreamLabels::kOther);
}

TEST(StreamLabels, BeyondTheLastNameAllShareOne) {
  StreamLabels labels;
  for (std::size_t i = 0; i < StreamLabels::kNamed; ++i)
    EXPECT_GT(labels.label_of("s" + std::to_string(i)), StreamLabels::kOther);
  EXPECT_EQ(labels.label_of("one more"), StreamLabels::kOther);
  EXPECT_LT(labels.label_of("s0"), StreamLabels::kCount);
  EXPECT_GT(labels.label_of("s0"), StreamLabels::kOther);
  EXPECT_EQ(labels.names().size(), StreamLabels::kCount);
}

}  // namespace
}  // namespace crawlspool::commit
