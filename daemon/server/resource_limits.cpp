#include "daemon/server/resource_limits.h"

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>

#include "daemon/base/log.h"

namespace crawlspool::server {
namespace {

// Set, it stays: else glibc raises it to the size of what was freed last, and keeps the next ones in its heap.
constexpr int kLargeBytes = 4 * 1024 * 1024;

// So much of each thread's heap is kept for the buffers of the next moment: less would be taken and given back with
// every batch.
constexpr std::uint64_t kKeptBytesMax = 32 * 1024 * 1024;
constexpr std::uint64_t kKeptBytesMin = 2 * 1024 * 1024;
constexpr std::uint64_t kKeptOfLimit = 16;  // so many heaps fill the limit

}  // namespace

void return_large_buffers(const config::Limits& limits) {
  ::mallopt(M_MMAP_THRESHOLD, kLargeBytes);
  ::mallopt(M_TRIM_THRESHOLD,
            static_cast<int>(std::clamp(limits.memory_bytes_max / kKeptOfLimit, kKeptBytesMin, kKeptBytesMax)));
}

void give_free_memory_back() { ::malloc_trim(0); }

void raise_descriptor_limit(const config::Limits& limits) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  ::getrlimit(RLIMIT_NOFILE, &files);
  const std::uint64_t wanted = limits.connections_max + config::kOwnDescriptors;
  if (limits.connections_max > 0 && files.rlim_cur < wanted)
    base::log_warn("nofile_low", {{"nofile", static_cast<std::uint64_t>(files.rlim_cur)},
                                  {"wanted", wanted},
                                  {"connections_max", limits.connections_max}});
}

}  // namespace crawlspool::server
