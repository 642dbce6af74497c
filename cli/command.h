// The command line of crawlspool: one subcommand a file, put together here.
#pragma once

namespace crawlspool::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;   // refused, not found, cannot read
inline constexpr int kExitDamaged = 2;  // bytes in the spool that do not prove themselves, or are not there
inline constexpr int kExitUsage = 64;

// Parses the arguments, runs the subcommand and returns the exit code. Ignores SIGPIPE for the process.
[[nodiscard]] int run(int argc, const char* const* argv);

}  // namespace crawlspool::cli
