// Who may be connected: the limits over all connections and over those of one client machine. Shared by all loops;
// touched when a connection opens and when it ends. A ticket is a connection's place and gives it back.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "config/model.h"
#include "daemon/base/endpoint.h"
#include "proto/inputs.h"

namespace crawlspool::connection {

// The limit that was met: its key in the configuration and its value.
struct LimitMet {
  std::string_view key;
  std::uint64_t max;
};

class Admission {
 public:
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&& other) noexcept { *this = std::move(other); }
    Ticket& operator=(Ticket&& other) noexcept;
    ~Ticket() { give_back(); }

    [[nodiscard]] const base::MachineKey& machine() const { return machine_; }
    // Counts the connection among those of the client that it names; the limit if that has enough. Once.
    [[nodiscard]] std::optional<LimitMet> name_client(const std::string& client);
    // Gives the client's place back, where the connection itself goes later.
    void leave_client();

    // Set where the connection is only there to learn why it may not be.
    [[nodiscard]] const std::optional<LimitMet>& refused() const { return refused_; }

   private:
    friend class Admission;
    void give_back();

    Admission* admission_ = nullptr;
    proto::Input input_{};
    base::MachineKey machine_;
    std::string client_;  // empty: counts for none
    std::optional<LimitMet> refused_;
  };

  struct Counts {
    proto::PerInput<std::uint64_t> open;  // the admin port has its own limits, so that operators always get in
    std::uint64_t crawlers = 0;           // of these, those that may bring records
    std::uint64_t machines = 0;
    std::uint64_t refused_total = 0;
    std::uint64_t accepted_total = 0;  // of crawlers
    std::uint64_t admin_closed_total = 0;
  };

  explicit Admission(const config::Limits& limits) : limits_(limits) {}

  // A ticket, if only to learn why not; nothing if too many are being refused already, and the connection is just
  // closed. Tickets do not outlive this object.
  [[nodiscard]] std::optional<Ticket> admit(proto::Input input, const base::MachineKey& machine);

  // A connection of the admin port was closed to make room for others.
  void count_admin_closed();

  [[nodiscard]] Counts counts() const;

  // For those who come from now on; nobody who is in has to go.
  void set_limits(const config::Limits& limits);

 private:
  [[nodiscard]] std::optional<LimitMet> limit_met(proto::Input input, const base::MachineKey& machine) const;
  void give_back(const Ticket& ticket);
  [[nodiscard]] std::optional<LimitMet> enter_client(const std::string& client);
  void leave_client(const std::string& client);

  mutable std::mutex mutex_;  // of all below
  config::Limits limits_;
  std::unordered_map<base::MachineKey, std::uint64_t> by_machine_;  // as large as there are connections, at most
  std::unordered_map<std::string, std::uint64_t> by_client_;        // so is this
  Counts counts_;
  std::uint64_t being_refused_ = 0;
};

}  // namespace crawlspool::connection
