// Runs the crawlspool command, which people and scripts use beside the daemon.
#include "cli/command.h"
#include "cli/common/subcommands.h"
#include "daemon/base/out_of_memory.h"
#include "daemon/base/standard_descriptors.h"

int main(int argc, char** argv) {
  crawlspool::base::hold_standard_descriptors();
  crawlspool::base::end_when_out_of_memory({.program = "crawlspool", .exit_code = crawlspool::cli::kExitFailed});
  return crawlspool::cli::run(argc, argv);
}
