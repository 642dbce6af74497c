// Owns the admin port's own limits: its connections, and the memory that their requests and answers hold, which is none
// of limits.memory_bytes_max. Nobody is refused for them: the connection that has been silent longest is closed
// instead, so that no one who holds connections keeps a scrape or a health check out. Used on the first loop's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "daemon/base/connection_id.h"
#include "daemon/commit/memory_budget.h"
#include "daemon/connection/admission.h"
#include "daemon/inputs/http/http_protocol.h"

namespace crawlspool::admin {

class AdminHandler;

class AdminPort {
 public:
  static constexpr std::size_t kConnectionsMax = 64;
  static constexpr std::uint64_t kMemoryBytesMax = 8 * 1024 * 1024;
  // A short question has a long answer: one is made at a time.
  static constexpr std::size_t kReadBytesMax = 8 * 1024;
  static constexpr std::size_t kAnswerBytesMax = 0;

  // `admission`, where what is closed is counted, outlives it.
  explicit AdminPort(connection::Admission& admission) : admission_(admission) {}
  AdminPort(const AdminPort&) = delete;
  AdminPort& operator=(const AdminPort&) = delete;

  void enter(AdminHandler& handler) { handlers_.push_back(&handler); }
  void leave(AdminHandler& handler);
  // Returns the one that answers on this connection, if it is still there.
  [[nodiscard]] AdminHandler* find(base::ConnectionId connection) const;
  // Returns the bounds for its connections.
  [[nodiscard]] http::HttpProtocol::Bounds bounds() { return {kReadBytesMax, kAnswerBytesMax, &memory_}; }

  // Makes room for one more connection.
  void make_room();
  // Makes room for the answer just made to `asking`, which stays.
  void relieve_memory(const AdminHandler& asking);

 private:
  [[nodiscard]] std::size_t open_connections() const;
  void close(AdminHandler& silent, std::string_view limit, std::uint64_t max);

  connection::Admission& admission_;
  commit::MemoryBudget budget_{kMemoryBytesMax, 0};
  commit::MemoryAccount memory_{budget_};
  std::vector<AdminHandler*> handlers_;
};

}  // namespace crawlspool::admin
