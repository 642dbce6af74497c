#include "cli/send/record_intake.h"

#include <gtest/gtest.h>

namespace crawlspool::cli {
namespace {

TEST(WholeRecord, IsATextThatCannotGoOn) {
  for (const char* line : {R"({"a":1})", "[1, 2]", R"("x")", "true", "null", R"( {"a":{}} )", "{}\r"})
    EXPECT_TRUE(is_whole_record(line)) << line;
}

TEST(WholeRecord, ATextThatCouldGoOnIsNot) {
  for (const char* line : {R"({"a":1)", "[1, 2", R"("x)", "tru", "12", "-1", " 1.5", "", " ", "\r", "{}{", "nonsense"})
    EXPECT_FALSE(is_whole_record(line)) << line;
}

}  // namespace
}  // namespace crawlspool::cli
