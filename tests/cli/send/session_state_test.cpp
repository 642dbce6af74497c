#include <gtest/gtest.h>

#include "cli/send/session_file.h"
#include "daemon/spool/lines/line.h"
#include "tests/support/errors.h"

namespace crawlspool::cli {
namespace {

SessionState some_state() {
  SessionState state;
  state.session = "5f3a9c1204be77d0a1c25be6900f3e12";
  state.client = "worker-7";
  state.server = "127.0.0.1:8940";
  state.input_path = "/data/items \"1\".ndjson";
  state.device = 2049;
  state.inode = UINT64_MAX;
  state.number = 5000;
  state.offset = 345678;
  state.line = 5012;
  state.rejected = 3;
  state.covered = {67108864, 4294967295};
  return state;
}

TEST(SessionState, ReadsWhatItWrites) {
  const auto read = parse_session_state(render(some_state()));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, some_state());
}

TEST(SessionState, IsOneLine) {
  const std::string text = render(some_state());
  EXPECT_EQ(text.find('\n'), text.size() - 1);
}

TEST(SessionState, APathMayBeAnyBytes) {
  SessionState state = some_state();
  state.input_path = "/data/\xff";
  EXPECT_TRUE(parse_session_state(render(state)));
}

TEST(SessionState, EveryChangedByteIsFound) {
  const std::string text = render(some_state());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(parse_session_state(changed)) << i;
    EXPECT_FALSE(parse_session_state(text.substr(0, i))) << i;
  }
}

TEST(SessionState, WhatIsWholeAndMakesNoSenseIsDamaged) {
  SessionState state = some_state();
  state.session = "short";
  EXPECT_EQ(test::code_of(parse_session_state(render(state))), base::ErrorCode::kDamaged);
  state = some_state();
  state.offset = state.covered.bytes + 1;
  EXPECT_EQ(test::code_of(parse_session_state(render(state))), base::ErrorCode::kDamaged);
}

TEST(SessionState, AnotherFormatIsNamed) {
  std::string text = R"({"format":2,"more":"x")";
  spool::append_crc_trailer(text, 0);
  const auto read = parse_session_state(text);
  EXPECT_EQ(test::code_of(read), base::ErrorCode::kConfig);
  EXPECT_NE(read.error().message().find("format 2"), std::string::npos);
}

}  // namespace
}  // namespace crawlspool::cli
