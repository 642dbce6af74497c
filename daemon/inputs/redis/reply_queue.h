// The replies of one connection that may not be sent yet, in the order of their commands: those to records wait until
// these are on the disk, all others for those before them. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace crawlspool::redis {

class ReplyQueue {
 public:
  static constexpr std::size_t kRepliesMax = 64 * 1024;
  static constexpr std::size_t kBytesMax = 1024 * 1024;

  // `reply`, whole, waits until every record up to `count` is synced, in the connection's count. Counts never fall.
  void add_for_records(std::uint64_t count, std::string_view reply) { add(count, reply, true); }
  // It waits for those before it alone. Where there are none it is appended to `out`.
  void add(std::string_view reply, std::string& out);

  // Appends to `out` what may be sent once every record up to `synced` is on the disk.
  void release(std::uint64_t synced, std::string& out);
  // Appends all to `out`, with `error` in place of each reply to records: these are not known to be on the disk.
  void fail(std::string_view error, std::string& out);

  [[nodiscard]] bool empty() const { return marks_.empty(); }
  // No more commands are to be taken until some are released.
  [[nodiscard]] bool is_full() const { return marks_.size() >= kRepliesMax || text_.size() >= kBytesMax; }
  [[nodiscard]] std::size_t size() const { return marks_.size(); }
  [[nodiscard]] std::size_t held_bytes() const { return text_.capacity() + marks_.size() * sizeof(Mark); }

 private:
  struct Mark {
    std::uint64_t count;
    std::uint32_t bytes;
    bool is_for_records;
  };

  void add(std::uint64_t count, std::string_view reply, bool is_for_records);
  [[nodiscard]] std::string_view take_first();
  void free_taken();

  std::deque<Mark> marks_;
  std::string text_;  // of all, end to end
  std::size_t taken_bytes_ = 0;
};

}  // namespace crawlspool::redis
