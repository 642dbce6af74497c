#include "tests/simulator/weather.h"

#include <array>
#include <cerrno>
#include <string>

namespace crawlspool::simulator {
namespace {

using test::Call;

constexpr std::uint64_t kSmallDisk = 16ULL << 20U;  // too small for a preallocation
constexpr std::uint64_t kLargeDisk = 1ULL << 40U;

struct CallName {
  Call call;
  const char* name;
};
constexpr std::array<CallName, 12> kCalls{{{Call::kWrite, "write"},
                                           {Call::kWrite, "write"},
                                           {Call::kSyncData, "fdatasync"},
                                           {Call::kSyncData, "fdatasync"},
                                           {Call::kSync, "fsync"},
                                           {Call::kSyncDirectory, "fsync of a directory"},
                                           {Call::kRename, "rename"},
                                           {Call::kCreate, "create"},
                                           {Call::kRemove, "remove"},
                                           {Call::kTruncate, "truncate"},
                                           {Call::kPreallocate, "fallocate"},
                                           {Call::kRead, "read"}}};

const char* name_of(Call call) {
  for (const CallName& known : kCalls)
    if (known.call == call) return known.name;
  return "link";
}

}  // namespace

RandomLuck::RandomLuck(Random& random) : random_(random), arrival_(random.below(9)), tearing_(random.below(9)) {}

bool RandomLuck::arrives() {
  const bool does = random_.below(8) < arrival_;
  ++(does ? arrived_ : lost_);
  return does;
}

std::uint64_t RandomLuck::torn_at(std::uint64_t bytes) {
  if (random_.below(8) >= tearing_) return bytes;
  ++torn_;
  return random_.below(bytes);
}

Weather::Weather(test::ForgetfulDisk& disk, Random& random, Statistics& statistics)
    : disk_(disk), random_(random), statistics_(statistics), capacity_(random.one_in(2) ? kSmallDisk : kLargeDisk) {
  disk_.set_capacity(capacity_);
}

void Weather::fail_some_call(std::uint64_t nth_max) {
  const Call call = kCalls[random_.below(kCalls.size())].call;
  const bool may_be_full = call != Call::kRead && call != Call::kRemove;
  const int errno_value = may_be_full && random_.one_in(2) ? ENOSPC : EIO;
  disk_.fail({call, errno_value, "", random_.between(1, nth_max), random_.one_in(4) ? random_.between(2, 5) : 1,
              random_.one_in(2) ? 0 : random_.next()});
  is_clear_ = false;
}

void Weather::fill_disk() {
  const std::uint64_t used = capacity_ - disk_.free_bytes();
  disk_.set_capacity(used + random_.below(6000));
  is_clear_ = false;
  statistics_.count("full: the disk filled up");
}

void Weather::worsen() {
  switch (random_.below(8)) {
    case 0:
      disk_.set_write_bytes_max(random_.between(1, 4000));
      statistics_.count("short: writes cut short");
      is_clear_ = false;
      return;
    case 1:
    case 2:
      return fill_disk();
    default:
      return fail_some_call(12);
  }
}

void Weather::worsen_start() {
  if (random_.one_in(8))
    fill_disk();
  else
    fail_some_call(6);
}

void Weather::clear() {
  count_hits();
  if (is_clear_) return;
  disk_.clear_faults();
  disk_.set_write_bytes_max(SIZE_MAX);
  disk_.set_capacity(capacity_);
  is_clear_ = true;
}

void Weather::write_back() {
  RandomLuck luck(random_);
  disk_.write_back(luck);
  statistics_.count("kernel: pages written back unasked", luck.arrived());
}

void Weather::crash() {
  RandomLuck luck(random_);
  disk_.crash(luck);
  statistics_.count("crash: crashes");
  statistics_.count("crash: pages, sizes and names that arrived unsynced", luck.arrived());
  statistics_.count("crash: pages, sizes and names lost", luck.lost());
  statistics_.count("crash: pages torn", luck.torn());
  is_clear_ = false;
  clear();
}

void Weather::count_hits() {
  const auto hits = disk_.hits();
  for (; hits_counted_ < hits.size(); ++hits_counted_)
    statistics_.count(std::string("failed: ") + name_of(hits[hits_counted_].call) +
                      (hits[hits_counted_].errno_value == EIO ? " with EIO" : " with ENOSPC"));
}

}  // namespace crawlspool::simulator
