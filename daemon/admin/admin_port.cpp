#include "daemon/admin/admin_port.h"

#include <algorithm>

#include "daemon/admin/admin_handler.h"
#include "daemon/base/log.h"

namespace crawlspool::admin {
namespace {

// Returns, of those that `may_go`, the one that has been silent longest.
template <typename MayGo>
AdminHandler* most_silent(const std::vector<AdminHandler*>& connections, MayGo may_go) {
  AdminHandler* found = nullptr;
  for (AdminHandler* const connection : connections)
    if (!connection->is_closed() && may_go(*connection) &&
        (found == nullptr || connection->silent_since_ms() < found->silent_since_ms()))
      found = connection;
  return found;
}

}  // namespace

void AdminPort::leave(AdminHandler& handler) { std::erase(handlers_, &handler); }

AdminHandler* AdminPort::find(base::ConnectionId connection) const {
  const auto found = std::find_if(handlers_.begin(), handlers_.end(), [connection](const AdminHandler* handler) {
    return handler->connection_id() == connection;
  });
  return found == handlers_.end() ? nullptr : *found;
}

// Those that are closed are here until the turn's end.
std::size_t AdminPort::open_connections() const {
  return static_cast<std::size_t>(std::count_if(handlers_.begin(), handlers_.end(),
                                                [](const auto* connection) { return !connection->is_closed(); }));
}

void AdminPort::make_room() {
  while (open_connections() >= kConnectionsMax)
    close(*most_silent(handlers_, [](const auto&) { return true; }), "admin connections", kConnectionsMax);
}

void AdminPort::relieve_memory(const AdminHandler& asking) {
  while (!budget_.may_continue()) {
    AdminHandler* const silent = most_silent(handlers_, [&asking](const AdminHandler& connection) {
      return &connection != &asking && connection.has_unsent_answer();
    });
    if (silent == nullptr) return;
    close(*silent, "admin memory", kMemoryBytesMax);
  }
}

void AdminPort::close(AdminHandler& silent, std::string_view limit, std::uint64_t max) {
  base::log_warn_limited("admin_closed", {{"peer", silent.peer()}, {"limit", limit}, {"max", max}});
  admission_.count_admin_closed();
  silent.make_way();
}

}  // namespace crawlspool::admin
