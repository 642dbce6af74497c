#include "daemon/inputs/redis/reply_queue.h"

#include <utility>

#include "daemon/base/text.h"

namespace crawlspool::redis {
namespace {

constexpr std::size_t kSpareBytes = 4096;  // whose memory is kept for the next replies

}  // namespace

void ReplyQueue::add(std::uint64_t count, std::string_view reply, bool is_for_records) {
  text_ += reply;
  marks_.push_back({count, static_cast<std::uint32_t>(reply.size()), is_for_records});
}

void ReplyQueue::add(std::string_view reply, std::string& out) {
  if (marks_.empty())
    out += reply;
  else
    add(marks_.back().count, reply, false);
}

std::string_view ReplyQueue::take_first() {
  const std::size_t bytes = marks_.front().bytes;
  marks_.pop_front();
  return std::string_view(text_).substr(std::exchange(taken_bytes_, taken_bytes_ + bytes), bytes);
}

void ReplyQueue::release(std::uint64_t synced, std::string& out) {
  while (!marks_.empty() && marks_.front().count <= synced) out += take_first();
  free_taken();
}

void ReplyQueue::fail(std::string_view error, std::string& out) {
  while (!marks_.empty()) {
    const bool is_for_records = marks_.front().is_for_records;
    const std::string_view reply = take_first();
    out += is_for_records ? error : reply;
  }
  free_taken();
}

void ReplyQueue::free_taken() {
  if (!marks_.empty() && taken_bytes_ < text_.size() / 2) return;
  text_.erase(0, std::exchange(taken_bytes_, 0));
  if (text_.empty() && text_.capacity() > kSpareBytes) base::free_text(text_);
  if (marks_.empty()) marks_.shrink_to_fit();
}

}  // namespace crawlspool::redis
