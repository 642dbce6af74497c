#include <gtest/gtest.h>

#include "cli/top/view.h"

namespace crawlspool::cli {
namespace {

TEST(StatusTable, HasOneRowAValueInTheDaemonsOrder) {
  EXPECT_EQ(status_table(R"({"state":"ok","uptime_s":3900,"connections":{"stream":3,"http":0},"rejects":{},"p":1.5})"),
            "state               ok\n"
            "uptime_s            3900 (1h 5m)\n"
            "connections.stream  3\n"
            "connections.http    0\n"
            "rejects             none\n"
            "p                   1.5\n");
}

TEST(StatusTable, SizesAreAlsoShownAsPeopleReadThem) {
  EXPECT_EQ(status_table(R"({"bytes":1023,"spool":{"free_bytes":1048576,"bytes":2048}})"),
            "bytes             1023\n"
            "spool.free_bytes  1048576 (1.0 MiB)\n"
            "spool.bytes       2048 (2.0 KiB)\n");
}

TEST(StatusTable, NothingSteersTheTerminal) {
  EXPECT_EQ(status_table("{\"a\\u001b\":\"\\u001b[31m\",\"b\":[\"\\u009b\"]}"),
            "a\\u001b  \\u001b[31m\n"
            "b        [\"\\u009b\"]\n");
}

TEST(StatusTable, WhatIsNoObjectIsRefused) {
  EXPECT_FALSE(status_table("<html>"));
  EXPECT_FALSE(status_table("[]"));
  EXPECT_FALSE(status_table(""));
}

}  // namespace
}  // namespace crawlspool::cli
