// Takes the datagrams of one listener in, each as a record, and acknowledges them where its listener says so. While
// memory or the spool has no room the socket is not read: the kernel drops what it cannot hold, and this counts it.
// Lives on one loop's thread. Source: PROTOCOL.md, "Datagrams".
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "config/listener.h"
#include "daemon/base/address_block.h"
#include "daemon/connection/datagram_counts.h"
#include "daemon/connection/fair_share.h"
#include "daemon/connection/io_loop.h"
#include "daemon/connection/protocol.h"
#include "daemon/connection/source.h"
#include "daemon/inputs/datagrams/ack_queue.h"
#include "daemon/inputs/datagrams/datagram_content.h"
#include "daemon/inputs/datagrams/drop_count.h"
#include "daemon/inputs/datagrams/sender.h"
#include "daemon/intake/record_writer.h"
#include "daemon/intake/turn_budget.h"
#include "daemon/net/datagram_socket.h"
#include "daemon/net/poll.h"

namespace crawlspool::datagrams {

class DatagramSource final : public connection::Source, private net::PollHandler {
 public:
  // `io` outlives it. An inherited socket is left as it is at the end: what comes meanwhile waits for the next start.
  DatagramSource(connection::IoLoop& io, base::ConnectionId id, std::unique_ptr<net::DatagramSocket> socket,
                 const config::ListenerSettings& settings, std::shared_ptr<connection::DatagramCounts> counts,
                 bool is_inherited);
  ~DatagramSource() override;

  // kIo where the socket cannot be watched. Called once, before anything else.
  [[nodiscard]] base::Result<void> start();

  // --- the loop's calls, as Source has them ---
  void on_synced(std::uint64_t count) override;
  void on_written(std::uint64_t count) override { writer_.on_written(count); }
  bool on_session(const session::LeaseRequest& /*answered*/) override { return false; }  // it never asks for one
  void on_session_lost() override {}
  void on_spool_state(commit::SpoolState state) override;
  void on_drain() override;
  void on_drain_end() override;
  std::uint64_t take_turn(std::uint64_t cost_max) override;
  void resume() override;
  void resume_next_turn() override { io_.fair_share().add(share_); }
  void arm_deadline() override;
  void check_deadlines() override;
  [[nodiscard]] connection::HeldMemory held_memory() const override { return {}; }
  [[nodiscard]] bool may_go_on_with_batch() override { return false; }
  void shed(connection::Shed /*what*/) override {}
  [[nodiscard]] bool is_crawler() const override { return false; }  // its senders are not connected
  [[nodiscard]] const intake::RecordWriter* writer() const override { return &writer_; }
  [[nodiscard]] connection::SourceFacts facts() const override;
  [[nodiscard]] connection::ClientFacts client_facts() const override;

 private:
  void on_ready(net::Ready ready) override;
  void take_datagrams();
  [[nodiscard]] bool receive();
  void take_next(const commit::ReadTime& when);
  void refuse(const net::DatagramSocket::Datagram& datagram, const commit::ReadTime& when);
  [[nodiscard]] bool may_come_from(const net::DatagramSocket::Datagram& datagram);
  [[nodiscard]] bool admit_user();
  [[nodiscard]] bool is_taken(const net::DatagramSocket::Datagram& datagram, const commit::ReadTime& when);
  [[nodiscard]] std::optional<connection::Pause> obstacle() const;
  [[nodiscard]] bool has_received() const { return next_ < received_; }
  void pause(connection::Pause why);
  void end_if_done();
  void end();

  connection::IoLoop& io_;
  const std::unique_ptr<net::DatagramSocket> socket_;
  const std::vector<base::AddressBlock> allow_from_;
  const bool answers_;
  const bool is_inherited_;
  const std::shared_ptr<connection::DatagramCounts> counts_;
  connection::FairShare::Member share_;
  intake::TurnBudget budget_;  // of the turn under way
  Sender sender_;              // of the datagram that is taken in
  bool is_sender_admitted_ = true;
  intake::RecordWriter writer_;
  AckQueue acks_;
  std::uint64_t charged_ack_bytes_ = 0;
  std::size_t received_ = 0;  // by the last call
  std::size_t next_ = 0;      // of them, the first that is not taken in
  std::optional<connection::Pause> paused_;
  DropCount drops_;
  std::optional<std::int64_t> armed_ms_;
  bool is_draining_ = false;
  bool is_emptied_ = false;  // in the drain
  bool has_ended_ = false;
  std::unique_ptr<net::Poll> poll_;
};

}  // namespace crawlspool::datagrams
