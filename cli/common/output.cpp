#include "cli/common/output.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "cli/common/stop_signals.h"

namespace crawlspool::cli {
namespace {

constexpr std::size_t kBlockBytes = 256 * 1024;

}  // namespace

Output::Output(int fd) : fd_(fd) { buffer_.reserve(2 * kBlockBytes); }

base::Result<void> Output::write(std::string_view bytes) {
  if (bytes.size() >= kBlockBytes) {
    if (auto flushed = flush(); !flushed) return flushed;
    return write_out(bytes);
  }
  buffer_ += bytes;
  return buffer_.size() < kBlockBytes ? base::Result<void>{} : flush();
}

base::Result<void> Output::flush() {
  auto written = write_out(buffer_);
  buffer_.clear();
  return written;
}

base::Result<void> Output::write_out(std::string_view bytes) {
  while (!bytes.empty() && !closed_) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EPIPE || (errno == EINTR && stop_requested())) {
      closed_ = true;
    } else if (errno == EAGAIN) {  // a terminal shared with something that made it non-blocking
      pollfd waiting{fd_, POLLOUT, 0};
      if (::poll(&waiting, 1, -1) < 0 && stop_requested()) closed_ = true;
    } else if (errno != EINTR) {
      return base::fail_errno("write to standard output", errno);
    }
  }
  return {};
}

bool Output::wait_closed(int timeout_ms) {
  pollfd waiting{fd_, 0, 0};  // POLLERR and POLLHUP come unasked
  if (::poll(&waiting, 1, timeout_ms) > 0 && (waiting.revents & (POLLERR | POLLNVAL)) != 0) closed_ = true;
  return closed_;
}

}  // namespace crawlspool::cli
