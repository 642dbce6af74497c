// The admin port's own limits: its connections, and the memory that their requests and answers hold, which is none of
// limits.memory_bytes_max. Nobody is refused for them: the connection that has been silent longest is closed instead,
// so that no one who holds connections keeps a scrape or a health check out. On the first loop's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "daemon/commit/memory_budget.h"
#include "daemon/connection/admission.h"

namespace crawlspool::admin {

class AdminConnection;

class AdminPort {
 public:
  static constexpr std::size_t kConnectionsMax = 64;
  static constexpr std::uint64_t kMemoryBytesMax = 8 * 1024 * 1024;

  // `admission`, where what is closed is counted, outlives it.
  explicit AdminPort(connection::Admission& admission) : admission_(admission) {}
  AdminPort(const AdminPort&) = delete;
  AdminPort& operator=(const AdminPort&) = delete;

  void enter(AdminConnection& connection) { connections_.push_back(&connection); }
  void leave(AdminConnection& connection);
  [[nodiscard]] commit::MemoryAccount& memory() { return memory_; }

  // For one more connection.
  void make_room();
  // For the answer just made to `asking`, which stays.
  void relieve_memory(const AdminConnection& asking);

 private:
  [[nodiscard]] std::size_t open_connections() const;
  void close(AdminConnection& silent, std::string_view limit, std::uint64_t max);

  connection::Admission& admission_;
  commit::MemoryBudget budget_{kMemoryBytesMax, 0};
  commit::MemoryAccount memory_{budget_};
  std::vector<AdminConnection*> connections_;
};

}  // namespace crawlspool::admin
