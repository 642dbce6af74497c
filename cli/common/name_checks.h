// The names that a client gives itself, as options take them. Each: empty if it is one, else the complaint, which is
// what CLI11 asks of a check. Source: PROTOCOL.md, "Hello".
#pragma once

#include <string>

namespace crawlspool::cli {

[[nodiscard]] std::string check_client(const std::string& text);
[[nodiscard]] std::string check_stream(const std::string& text);

}  // namespace crawlspool::cli
