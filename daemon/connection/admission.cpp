#include "daemon/connection/admission.h"

#include <utility>

namespace crawlspool::connection {
namespace {

constexpr std::uint64_t kBeingRefusedMax = 256;  // each holds a descriptor for about a second

}  // namespace

Admission::Ticket& Admission::Ticket::operator=(Ticket&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  admission_ = std::exchange(other.admission_, nullptr);
  input_ = other.input_;
  machine_ = other.machine_;
  client_ = std::exchange(other.client_, {});
  refused_ = other.refused_;
  return *this;
}

void Admission::Ticket::give_back() {
  leave_client();
  if (admission_ != nullptr) std::exchange(admission_, nullptr)->give_back(*this);
}

std::optional<LimitMet> Admission::Ticket::name_client(const std::string& client) {
  if (admission_ == nullptr) return std::nullopt;
  const auto limit = admission_->enter_client(client);
  if (!limit) client_ = client;
  return limit;
}

void Admission::Ticket::leave_client() {
  if (admission_ != nullptr && !client_.empty()) admission_->leave_client(std::exchange(client_, {}));
}

std::optional<LimitMet> Admission::enter_client(const std::string& client) {
  if (client.empty()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const std::uint64_t max = limits_.connections_per_client_max;
  std::uint64_t& mine = by_client_[client];
  if (max > 0 && mine >= max) {
    ++counts_.refused_total;
    return LimitMet{"connections_per_client_max", max};
  }
  ++mine;
  return std::nullopt;
}

void Admission::leave_client(const std::string& client) {
  const std::lock_guard lock(mutex_);
  const auto mine = by_client_.find(client);
  if (--mine->second == 0) by_client_.erase(mine);
}

std::optional<LimitMet> Admission::limit_met(proto::Input input, const base::MachineKey& machine) const {
  if (!brings_records(input)) return std::nullopt;
  if (limits_.connections_max > 0 && counts_.crawlers >= limits_.connections_max)
    return LimitMet{"connections_max", limits_.connections_max};
  const auto mine = by_machine_.find(machine);
  if (limits_.connections_per_ip_max > 0 && mine != by_machine_.end() && mine->second >= limits_.connections_per_ip_max)
    return LimitMet{"connections_per_ip_max", limits_.connections_per_ip_max};
  return std::nullopt;
}

std::optional<Admission::Ticket> Admission::admit(proto::Input input, const base::MachineKey& machine) {
  const std::lock_guard lock(mutex_);
  Ticket ticket;
  ticket.input_ = input;
  ticket.machine_ = machine;
  ticket.refused_ = limit_met(input, machine);
  if (ticket.refused_) {
    ++counts_.refused_total;
    if (being_refused_ >= kBeingRefusedMax) return std::nullopt;
    ++being_refused_;
  } else {
    ++counts_.open[input];
    if (brings_records(input)) {
      ++counts_.crawlers;
      ++by_machine_[machine];
      ++counts_.accepted_total;
    }
  }
  ticket.admission_ = this;
  return ticket;
}

void Admission::give_back(const Ticket& ticket) {
  const std::lock_guard lock(mutex_);
  if (ticket.refused_) {
    --being_refused_;
    return;
  }
  --counts_.open[ticket.input_];
  if (!brings_records(ticket.input_)) return;
  --counts_.crawlers;
  const auto mine = by_machine_.find(ticket.machine_);
  if (--mine->second == 0) by_machine_.erase(mine);
}

void Admission::set_limits(const config::Limits& limits) {
  const std::lock_guard lock(mutex_);
  limits_ = limits;
}

void Admission::count_admin_closed() {
  const std::lock_guard lock(mutex_);
  ++counts_.admin_closed_total;
}

Admission::Counts Admission::counts() const {
  const std::lock_guard lock(mutex_);
  Counts counts = counts_;
  counts.machines = by_machine_.size();
  return counts;
}

}  // namespace crawlspool::connection
