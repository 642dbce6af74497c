#include "daemon/admin/admin_port.h"

#include <algorithm>

#include "daemon/admin/admin_connection.h"
#include "daemon/base/log.h"

namespace crawlspool::admin {
namespace {

// Of those that `may_go`, the one that has been silent longest.
template <typename MayGo>
AdminConnection* most_silent(const std::vector<AdminConnection*>& connections, MayGo may_go) {
  AdminConnection* found = nullptr;
  for (AdminConnection* const connection : connections)
    if (!connection->is_closed() && may_go(*connection) &&
        (found == nullptr || connection->silent_since_ms() < found->silent_since_ms()))
      found = connection;
  return found;
}

}  // namespace

void AdminPort::leave(AdminConnection& connection) { std::erase(connections_, &connection); }

// Those that are closed are here until the turn's end.
std::size_t AdminPort::open_connections() const {
  return static_cast<std::size_t>(std::count_if(connections_.begin(), connections_.end(),
                                                [](const auto* connection) { return !connection->is_closed(); }));
}

void AdminPort::make_room() {
  while (open_connections() >= kConnectionsMax)
    close(*most_silent(connections_, [](const auto&) { return true; }), "admin connections", kConnectionsMax);
}

void AdminPort::relieve_memory(const AdminConnection& asking) {
  while (!budget_.may_continue()) {
    AdminConnection* const silent = most_silent(connections_, [&asking](const AdminConnection& connection) {
      return &connection != &asking && connection.has_unsent_answer();
    });
    if (silent == nullptr) return;
    close(*silent, "admin memory", kMemoryBytesMax);
  }
}

void AdminPort::close(AdminConnection& silent, std::string_view limit, std::uint64_t max) {
  base::log_warn_limited("admin_closed", {{"peer", silent.peer()}, {"limit", limit}, {"max", max}});
  admission_.count_admin_closed();
  silent.make_way();
}

}  // namespace crawlspool::admin
