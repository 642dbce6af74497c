// `crawlspool token new NAME` makes a token: prints it this once, and the entry for the server's file of tokens.
#include "daemon/auth/token.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/common/console.h"
#include "cli/common/output.h"
#include "cli/common/subcommands.h"

namespace crawlspool::cli {
namespace {

base::Result<void> print_new(const std::string& name) {
  CRAWLSPOOL_TRY_AS(const std::string token, auth::new_token());
  Output output(STDOUT_FILENO);

  CRAWLSPOOL_TRY(output.write("# The token, for its sender alone. It is shown this once:\n" + token +
                              "\n\n# Its entry, for the server's file of tokens:\n- name: \"" + name +
                              "\"\n  sha256: " + auth::hash_digits(auth::hash_token(token)) + "\n"));
  return output.flush();
}

}  // namespace

void add_token(CLI::App& app, Context& context) {
  auto* const command = app.add_subcommand("token", "Make tokens, by which senders prove who they are");
  command->require_subcommand(1);
  auto* const make =
      command->add_subcommand("new", "Print a new token, this once, and its entry for the server's file");
  const auto name = std::make_shared<std::string>();
  make->add_option("NAME", *name, "Whose it is: 1 to 64 letters, digits, '.', '_' or '-'")
      ->type_name("")
      ->required()
      ->check([](const std::string& text) {
        return auth::is_token_name(text) ? std::string() : std::string("NAME must be ") + auth::kTokenNameRule;
      });
  make->callback([name, &context] {
    if (const auto printed = print_new(*name); !printed) {
      Console().say_error(printed.error());
      context.exit_code = kExitFailed;
    }
  });
}

}  // namespace crawlspool::cli
