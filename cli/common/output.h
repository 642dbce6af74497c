// Writes standard output in big blocks.
#pragma once

#include <string>
#include <string_view>

#include "daemon/base/error.h"

namespace crawlspool::cli {

class Output {
 public:
  explicit Output(int fd);

  // Writes nothing and does not fail once closed().
  [[nodiscard]] base::Result<void> write(std::string_view bytes);
  [[nodiscard]] base::Result<void> flush();

  // Returns whether the reader went away (EPIPE), or a stop was requested while it did not read: no reason to complain.
  [[nodiscard]] bool closed() const { return closed_; }
  // Asks whether the reader is gone, without writing; waits for that, or a signal, at most this long.
  [[nodiscard]] bool wait_closed(int timeout_ms);

 private:
  [[nodiscard]] base::Result<void> write_out(std::string_view bytes);

  int fd_;
  bool closed_ = false;
  std::string buffer_;
};

}  // namespace crawlspool::cli
