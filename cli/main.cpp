// The crawlspool command: what people and scripts use beside the daemon.
#include "cli/command.h"

int main(int argc, char** argv) { return crawlspool::cli::run(argc, argv); }
