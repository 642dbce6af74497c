// The command line of crawlspool: one subcommand a file, put together here.
#pragma once

namespace crawlspool::cli {

// Parses the arguments, runs the subcommand and returns the exit code. Ignores SIGPIPE for the process.
[[nodiscard]] int run(int argc, const char* const* argv);

}  // namespace crawlspool::cli
