// Turns SIGINT and SIGTERM into something to look at between two steps.
#pragma once

namespace crawlspool::cli {

// From here on the two only leave a note, and interrupt blocking calls (EINTR). Holds for the whole process.
void catch_stop_signals();
[[nodiscard]] bool stop_requested();

}  // namespace crawlspool::cli
