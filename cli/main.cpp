// The crawlspool command: what people and scripts use beside the daemon.
#include "cli/command.h"
#include "daemon/base/standard_descriptors.h"

int main(int argc, char** argv) {
  crawlspool::base::hold_standard_descriptors();
  return crawlspool::cli::run(argc, argv);
}
