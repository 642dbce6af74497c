// Holds the records that were taken and are not acknowledged yet, by number, from the oldest on: their bytes, one
// behind the other with a \n each, so that neighbours are a batch as they lie. Does no I/O.
//
//   add ──► unsent ──► sent ──► acknowledged: pop_front()
//             ▲          │
//             └─ rewind ─┘
//
// Every record has the number that follows the one before it and keeps it; one that is given up keeps its number, too.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace crawlspool::client {

// Where a record came from, in the caller's terms. It is handed back as it was.
struct Place {
  std::uint32_t file = 0;
  std::uint64_t line = 0;
  std::uint64_t end_offset = 0;  // where the record ends in the input
};

class RecordWindow {
 public:
  struct Bounds {
    std::size_t records_max = 128 * 1024;
    std::size_t bytes_max = 32 * 1024 * 1024;  // a larger record goes alone
  };
  struct Entry {
    Place place;
    std::uint32_t bytes = 0;   // with its \n; 0 if the record was never held
    bool is_rejected = false;  // the server has said so, and has not acknowledged it yet
    bool is_given_up = false;  // it is never sent (again)
    std::uint64_t begin = 0;   // where its bytes begin among all that were ever held

    [[nodiscard]] std::size_t record_bytes() const { return bytes == 0 ? 0 : bytes - 1; }
  };
  struct RunLimits {
    std::uint64_t bytes_max;
    std::uint64_t records_max;
    std::uint64_t record_bytes_max;  // a larger one ends the run before it
  };
  struct Run {
    std::uint64_t first_seq;
    std::size_t records;
    std::string_view text;  // each record and its \n; valid until the window changes

    [[nodiscard]] std::uint64_t last_seq() const { return first_seq + records - 1; }
  };

  RecordWindow(std::uint64_t first_seq, const Bounds& bounds) : bounds_(bounds), first_seq_(first_seq) {}

  [[nodiscard]] bool has_room(std::size_t record_bytes) const;
  // A record that is to travel in a batch holds no \n, and is neither empty nor a lone \r. Any other needs a frame of
  // its own.
  void add(const Place& place, std::string_view record);
  // Adds one that is acknowledged or given up at once, so that its bytes are not needed.
  void add_unheld(const Place& place);

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t bytes() const { return text_.size() - begin_; }
  [[nodiscard]] std::uint64_t first_seq() const { return first_seq_; }  // of front(), or of what is added next
  [[nodiscard]] std::uint64_t next_seq() const { return first_seq_ + entries_.size(); }
  [[nodiscard]] const Entry& front() const { return entries_.front(); }
  [[nodiscard]] const Entry& at(std::uint64_t seq) const { return entries_[seq - first_seq_]; }
  // Returns the record's bytes, or none if it was never held. They are valid until the window changes.
  [[nodiscard]] std::string_view text_of(const Entry& entry) const;
  // Returns nullptr where no such record is held.
  [[nodiscard]] Entry* find(std::uint64_t seq);
  void pop_front();

  [[nodiscard]] bool has_unsent() const { return sent_ < entries_.size(); }
  [[nodiscard]] std::uint64_t first_unsent() const { return first_seq_ + sent_; }
  [[nodiscard]] std::size_t unsent_bytes() const { return text_.size() - sent_end_; }
  // Returns the first unsent records, none of them given up: at least one, which may be larger than the limits.
  [[nodiscard]] Run next_run(const RunLimits& limits) const;
  // All up to here are sent, or skipped where they are given up.
  void sent_through(std::uint64_t seq);
  void rewind();

  // The numbers begin again at `first_seq`.
  void renumber(std::uint64_t first_seq) { first_seq_ = first_seq; }

 private:
  void reuse_acknowledged_memory();

  Bounds bounds_;
  std::string text_;           // the text of entries_, from begin_ on
  std::uint64_t dropped_ = 0;  // how many bytes were before text_
  std::size_t begin_ = 0;
  std::deque<Entry> entries_;
  std::uint64_t first_seq_;
  std::size_t sent_ = 0;      // how many of entries_ are sent
  std::size_t sent_end_ = 0;  // where their text ends
};

}  // namespace crawlspool::client
