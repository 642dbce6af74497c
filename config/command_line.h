// What a command line is answered that is not understood: what is wrong, what was probably meant, and where to read
// more. The same for both programs.
#pragma once

#include <string>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
class Error;
}  // namespace CLI

namespace crawlspool::config {

// For CLI::App::failure_message() of the program's own App, after it has parsed.
[[nodiscard]] std::string command_line_complaint(const CLI::App* app, const CLI::Error& error);

// ". Did you mean NAME?" for a command below `app` that is nearly called `word`; empty if none is.
[[nodiscard]] std::string command_suggestion(const CLI::App& app, const std::string& word);

}  // namespace crawlspool::config
