// Each adds one subcommand to the command line. The subcommand's callback leaves its exit code in `context`.
#pragma once

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace crawlspool::cli {

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
void add_bench(CLI::App& app, Context& context);
void add_help(CLI::App& app, Context& context);  // the last: it tells of the others

}  // namespace crawlspool::cli
