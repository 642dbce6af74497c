#include "cli/common/stop_signals.h"

#include <csignal>

namespace crawlspool::cli {
namespace {

volatile sig_atomic_t stop_noted = 0;

extern "C" void note_stop(int) { stop_noted = 1; }

}  // namespace

void catch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = note_stop;  // without SA_RESTART
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

bool stop_requested() { return stop_noted != 0; }

}  // namespace crawlspool::cli
