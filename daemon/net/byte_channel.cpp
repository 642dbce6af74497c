#include "daemon/net/byte_channel.h"

namespace crawlspool::net {
namespace {

constexpr std::size_t kKeptOutputBytes = 4096;  // a larger queue gives its memory back once it is sent

}  // namespace

base::Result<ByteChannel> ByteChannel::open(Loop& loop, std::unique_ptr<ByteStream> stream, PollHandler& handler) {
  CRAWLSPOOL_TRY_AS(auto poll, Poll::open(loop, stream->descriptor(), handler));
  return ByteChannel(std::move(stream), std::move(poll));
}

// Input that is only needed to write is none that its owner wants.
Ready ByteChannel::meant(Ready ready) const {
  Ready meant = stream_->meant(ready);
  meant.readable = meant.readable && input_wanted_;
  return meant;
}

bool ByteChannel::flush() {
  while (sent_ < output_.size()) {
    const WriteResult result = stream_->write(std::string_view(output_).substr(sent_));
    if (result.is_broken) return false;
    if (result.bytes == 0) break;
    sent_ += result.bytes;
  }
  if (sent_ == output_.size()) {
    sent_ = 0;
    output_.clear();
    if (output_.capacity() > kKeptOutputBytes) output_.shrink_to_fit();
  }
  rearm();
  return true;
}

void ByteChannel::drop_output() {
  std::string().swap(output_);
  sent_ = 0;
}

void ByteChannel::want_input(bool wanted) {
  input_wanted_ = wanted;
  rearm();
}

void ByteChannel::hangup_seen() {
  hangup_seen_ = true;
  rearm();
}

// While input is wanted, the end of it shows as input: watching for the hangup as well would only wake the loop twice.
void ByteChannel::rearm() {
  poll_.watch(stream_->interest({input_wanted_, sent_ < output_.size(), !input_wanted_ && !hangup_seen_}));
}

}  // namespace crawlspool::net
