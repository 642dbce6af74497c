// Puts the subcommands of crawlspool together into its command line.
#pragma once

namespace crawlspool::cli {

// Parses the arguments, runs the subcommand and returns the exit code. Ignores SIGPIPE for the process.
[[nodiscard]] int run(int argc, const char* const* argv);

}  // namespace crawlspool::cli
