#include "daemon/base/authority.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace crawlspool::base {
namespace {

using namespace std::string_view_literals;

TEST(Authority, IsTakenApart) {
  struct Case {
    std::string_view text;
    std::string_view host;
    std::string_view port;
  };
  for (const Case& c : std::vector<Case>{{"localhost", "localhost", ""},
                                         {"a:1", "a", "1"},
                                         {"a:", "a", ""},
                                         {"Node_7.example.", "Node_7.example.", ""},
                                         {"%61b:80", "%61b", "80"},
                                         {"a!$&'()*+,;=~", "a!$&'()*+,;=~", ""},
                                         {"127.0.0.1:8942", "127.0.0.1", "8942"},
                                         {"[::1]", "[::1]", ""},
                                         {"[::ffff:1.2.3.4]:8942", "[::ffff:1.2.3.4]", "8942"}}) {
    const auto authority = parse_authority(c.text);
    ASSERT_TRUE(authority) << c.text;
    EXPECT_EQ(authority->host, c.host);
    EXPECT_EQ(authority->port, c.port) << c.text;
  }
}

TEST(Authority, WhatTheGrammarDoesNotHaveIsNone) {
  for (const std::string_view text : {""sv,
                                      ":80"sv,
                                      "a/b"sv,
                                      "u@a"sv,
                                      "a b"sv,
                                      " a"sv,
                                      "a "sv,
                                      "a\tb"sv,
                                      "a:b"sv,
                                      "a:1:2"sv,
                                      "a:-1"sv,
                                      "a:+1"sv,
                                      "::1"sv,
                                      "[::1"sv,
                                      "::1]"sv,
                                      "[]"sv,
                                      "[::1]a"sv,
                                      "[::1]:b"sv,
                                      "[1.2.3.4]"sv,
                                      "[a]"sv,
                                      "[::1]]"sv,
                                      "[[::1]]"sv,
                                      "[fe80::1%25lo]"sv,
                                      "[v1.a]"sv,
                                      "a%"sv,
                                      "a%4"sv,
                                      "a%4g"sv,
                                      "a?b"sv,
                                      "a#b"sv,
                                      "a\\b"sv,
                                      "a\"b"sv,
                                      "<a>"sv,
                                      "a|b"sv,
                                      "a\x80"sv,
                                      "\xc3\xa9.x"sv,
                                      "a\0b"sv,
                                      "a\x7f"sv,
                                      "http://a"sv,
                                      "a, b"sv,
                                      "[::1].a"sv,
                                      "[::1\0]"sv,
                                      "[::1]@a"sv})
    EXPECT_FALSE(parse_authority(text)) << text;
}

TEST(Authority, AnAddressIsNoName) {
  for (const char* host : {"127.0.0.1", "0.0.0.0", "[::1]", "[::ffff:1.2.3.4]"}) EXPECT_TRUE(is_address(host)) << host;
  for (const char* host : {"localhost", "127.1", "127.0.0.1.example", "::1", "[::1].example", "", "1.2.3.256", "[]"})
    EXPECT_FALSE(is_address(host)) << host;
}

}  // namespace
}  // namespace crawlspool::base
