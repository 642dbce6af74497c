#include "tests/support/forgetful_bytes.h"

#include <algorithm>
#include <cstring>

namespace crawlspool::test {
namespace {

std::uint64_t pages_for(std::uint64_t bytes) { return (bytes + kForgetfulPageBytes - 1) / kForgetfulPageBytes; }

// Grows in steps, so that a file written bit by bit is not moved each time.
void grow(std::string& bytes, std::uint64_t size) {
  if (bytes.size() >= size) return;
  if (bytes.capacity() < size) bytes.reserve(std::max<std::size_t>(size, 2 * bytes.capacity()));
  bytes.resize(size, '\0');
}

}  // namespace

void PageSet::insert(std::uint64_t first, std::uint64_t end) {
  if (first >= end) return;
  if (words_.size() <= (end - 1) / kBits) words_.resize((end - 1) / kBits + 1);
  for (std::uint64_t page = first; page < end; ++page) words_[page / kBits] |= std::uint64_t{1} << (page % kBits);
}

void PageSet::erase_from(std::uint64_t first) {
  if (first / kBits >= words_.size()) return;
  words_.resize(first / kBits + 1);
  words_.back() &= (std::uint64_t{1} << (first % kBits)) - 1;
}

bool PageSet::contains(std::uint64_t page) const {
  return page / kBits < words_.size() && (words_[page / kBits] >> (page % kBits) & 1) != 0;
}

std::uint64_t ForgetfulBytes::allocated_end() const { return std::max<std::uint64_t>(allocated_, cached_.size()); }

void ForgetfulBytes::write(std::uint64_t offset, std::span<const std::string_view> parts, std::uint64_t bytes) {
  if (bytes == 0) return;
  const std::uint64_t end = offset + bytes;
  dirty_.insert(offset / kForgetfulPageBytes, pages_for(end));
  grow(cached_, end);
  for (const std::string_view part : parts) {
    const std::size_t n = std::min<std::uint64_t>(part.size(), end - offset);
    std::memcpy(cached_.data() + offset, part.data(), n);
    offset += n;
    if (offset == end) break;
  }
}

void ForgetfulBytes::truncate(std::uint64_t size) {
  cached_.resize(size, '\0');
  dirty_.erase_from(pages_for(size));
  if (size % kForgetfulPageBytes != 0) dirty_.insert(size / kForgetfulPageBytes, pages_for(size));
  allocated_ = size;
}

void ForgetfulBytes::preallocate(std::uint64_t end) { allocated_ = std::max(allocated_, end); }

void ForgetfulBytes::write_page(std::uint64_t page, std::uint64_t bytes_max) {
  const std::uint64_t begin = page * kForgetfulPageBytes;
  if (begin >= cached_.size()) return;
  const std::uint64_t bytes = std::min({kForgetfulPageBytes, cached_.size() - begin, bytes_max});
  grow(on_disk_, begin + bytes);
  std::memcpy(on_disk_.data() + begin, cached_.data() + begin, bytes);
}

// New bytes may stop anywhere; a sector that was there before is the old or the new one, whole.
void ForgetfulBytes::tear_page(std::uint64_t page, Luck& luck) {
  const std::uint64_t begin = page * kForgetfulPageBytes;
  if (begin >= cached_.size()) return;
  const std::uint64_t bytes = std::min(kForgetfulPageBytes, cached_.size() - begin);
  const std::uint64_t old = on_disk_.size() > begin ? std::min(kForgetfulPageBytes, on_disk_.size() - begin) : 0;
  std::uint64_t torn_at = luck.torn_at(bytes);
  if (torn_at < old) torn_at -= torn_at % kForgetfulSectorBytes;
  if (torn_at > 0) write_page(page, torn_at);
}

void ForgetfulBytes::sync() {
  for (std::uint64_t page = 0; page < dirty_.end(); ++page)
    if (dirty_.contains(page)) write_page(page, kForgetfulPageBytes);
  dirty_.clear();
  on_disk_.resize(cached_.size(), '\0');
}

void ForgetfulBytes::fail_sync(std::uint64_t arrived) {
  std::uint64_t nth = 0;
  for (std::uint64_t page = 0; page < dirty_.end(); ++page)
    if (dirty_.contains(page) && (arrived >> (nth++ % 64) & 1) != 0) write_page(page, kForgetfulPageBytes);
  dirty_.clear();
}

void ForgetfulBytes::drop_cache() { cached_ = without_cache(); }

std::string ForgetfulBytes::without_cache() const {
  std::string bytes = on_disk_;
  bytes.resize(cached_.size(), '\0');
  for (std::uint64_t page = 0; page < dirty_.end(); ++page) {
    const std::uint64_t begin = page * kForgetfulPageBytes;
    if (dirty_.contains(page) && begin < cached_.size())
      std::memcpy(bytes.data() + begin, cached_.data() + begin, std::min(kForgetfulPageBytes, cached_.size() - begin));
  }
  return bytes;
}

void ForgetfulBytes::write_back(Luck& luck) {
  PageSet still_dirty;
  for (std::uint64_t page = 0; page < dirty_.end(); ++page) {
    if (!dirty_.contains(page)) continue;
    if (luck.arrives())
      write_page(page, kForgetfulPageBytes);
    else
      still_dirty.insert(page, page + 1);
  }
  dirty_ = std::move(still_dirty);
}

void ForgetfulBytes::crash(Luck& luck) {
  for (std::uint64_t page = 0; page < dirty_.end(); ++page)
    if (dirty_.contains(page) && luck.arrives()) tear_page(page, luck);
  dirty_.clear();
  if (cached_.size() != on_disk_.size() && luck.arrives()) on_disk_.resize(cached_.size(), '\0');
  cached_ = on_disk_;
  allocated_ = cached_.size();
}

void ForgetfulBytes::put(std::string_view content) {
  on_disk_ = content;
  read_from_disk();
}

void ForgetfulBytes::read_from_disk() {
  cached_ = on_disk_;
  dirty_.clear();
}

}  // namespace crawlspool::test
