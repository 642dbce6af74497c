// Writes what the daemon says of itself: the admin port's answers, and the summary line of the log. On the first loop's
// thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/admin/admin_handler.h"
#include "daemon/admin/rates.h"
#include "daemon/admin/server_facts.h"
#include "daemon/admin/survey.h"
#include "daemon/connection/io_loop.h"
#include "daemon/spool/recovery/recovery.h"

namespace crawlspool::admin {

class Status final : public AdminBackend {
 public:
  // The first three outlive it.
  Status(const connection::Shared& shared, const spool::RecoveryReport& recovery, connection::IoThreads& threads,
         connection::ConfigPtr config);

  std::string status_json() override;
  std::string metrics_text() override;
  std::string events_json() override;
  void connections_json(OnText on_text) override;
  void rejects_json(OnText on_text) override;
  std::string_view state() override;
  bool has_synced_lately() override;

  // For the service manager: state and rates since it was last asked. On one thread, whichever.
  [[nodiscard]] std::string line();

  void set_listening(const Addresses& addresses) { listening_ = addresses; }  // before anyone asks
  void set_certificates(std::function<std::vector<CertificateFacts>()> ask) { certificates_ = std::move(ask); }
  void set_datagrams(std::function<std::vector<DatagramFacts>()> ask) { datagrams_ = std::move(ask); }
  void set_draining() { draining_ = true; }
  void set_config(const connection::ConfigPtr& in_force, const ReloadState& state);
  void log_summary();  // its rates: since the last one

 private:
  [[nodiscard]] std::int64_t uptime_s() const;
  [[nodiscard]] double ack_p99_ms() const;

  const connection::Shared& shared_;
  const spool::RecoveryReport& recovery_;
  const std::int64_t started_us_;
  Rates rates_;
  Survey survey_;
  Rates line_rates_;
  std::atomic<bool> draining_{false};
  Addresses listening_;
  std::function<std::vector<CertificateFacts>()> certificates_ = [] { return std::vector<CertificateFacts>(); };
  std::function<std::vector<DatagramFacts>()> datagrams_ = [] { return std::vector<DatagramFacts>(); };
  connection::ConfigPtr config_;  // in force
  ReloadState reload_;
};

}  // namespace crawlspool::admin
