// Declares the subcommands: each adds itself to the command line, and its callback leaves its exit code in `context`.
#pragma once

#include <optional>
#include <string>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
}

namespace crawlspool::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;   // refused, not found, cannot read
inline constexpr int kExitDamaged = 2;  // the spool has lines whose checksum does not match, or bytes are missing
inline constexpr int kExitUsage = 64;

// Outlives the parsing.
struct Context {
  std::optional<std::string> config_file;  // -c
  int exit_code = 0;
};

void add_send(CLI::App& app, Context& context);
void add_cat(CLI::App& app, Context& context);
void add_tail(CLI::App& app, Context& context);
void add_cursors(CLI::App& app, Context& context);
void add_rejected(CLI::App& app, Context& context);
void add_verify(CLI::App& app, Context& context);
void add_repair(CLI::App& app, Context& context);
void add_status(CLI::App& app, Context& context);
void add_top(CLI::App& app, Context& context);
void add_doctor(CLI::App& app, Context& context);
void add_token(CLI::App& app, Context& context);
void add_bench(CLI::App& app, Context& context);
void add_help(CLI::App& app, Context& context);  // is added last: it describes the others

}  // namespace crawlspool::cli
