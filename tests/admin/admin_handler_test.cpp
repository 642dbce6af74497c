// Answers that come later belong to the request that asked for them.
#include "daemon/admin/admin_handler.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/connection/io_loop.h"
#include "daemon/net/signal.h"
#include "daemon/net/socket_stream.h"
#include "tests/commit/committing.h"
#include "tests/net/run_until.h"

namespace crawlspool::admin {
namespace {

using net::test::run_turns;

// Has its lists when the test says so.
class SlowBackend final : public AdminBackend {
 public:
  std::string status_json() override { return "{}"; }
  std::string metrics_text() override { return "metrics\n"; }
  std::string events_json() override { return "{}"; }
  void connections_json(OnText on_text) override { asked.push_back(std::move(on_text)); }
  void rejects_json(OnText on_text) override { asked.push_back(std::move(on_text)); }
  [[nodiscard]] std::string_view state() override { return now; }
  [[nodiscard]] bool has_synced_lately() override { return false; }

  std::vector<OnText> asked;
  std::string_view now = "ok";
};

class AdminAnswers : public commit::OnForgetfulDisk {
 protected:
  void SetUp() override {
    net::set_up_signals();
    start();
    config = std::make_shared<const config::Config>();
    memory = std::make_unique<commit::MemoryBudget>(64 << 20, 1 << 20);
    authenticator = std::make_unique<auth::Authenticator>(*config, clock);
    admission = std::make_unique<connection::Admission>(config->limits);
    port = std::make_unique<AdminPort>(*admission);
    shared = std::make_unique<connection::Shared>(connection::Shared{clock, *committer, *memory, *admission, sessions,
                                                                     streams, closes, connection_log, turn_counts,
                                                                     amplification, loops, charsets, *authenticator});
    io = std::make_unique<connection::IoLoop>(*shared, config);
    auto pair = net::test::tcp_pair();
    peer = std::move(pair.theirs);
    auto made = std::make_unique<connection::Connection>(
        *io, 1, proto::input("admin"), base::Peer{"127.0.0.1:1", {}, {}}, connection::Admission::Ticket{});
    made->speak(std::make_unique<http::HttpProtocol>(*made, port->bounds(), [this](http::HttpProtocol& http) {
      return std::make_unique<AdminHandler>(http, *port, backend);
    }));
    connection = made.get();
    io->adopt(std::move(made), std::make_unique<net::SocketStream>(std::move(pair.ours)));
  }
  void TearDown() override {
    finish();  // what comes back goes to the loop
    io.reset();
    OnForgetfulDisk::TearDown();
  }

  void ask(const std::string& path) {
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    ASSERT_EQ(::write(peer.get(), request.data(), request.size()), static_cast<ssize_t>(request.size()));
    turns();
  }
  void turns() { run_turns(io->loop(), 3); }
  // What has come by now.
  std::string heard() {
    turns();
    std::string got(1 << 16, '\0');
    const ssize_t n = ::recv(peer.get(), got.data(), got.size(), MSG_DONTWAIT);
    got.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
    return got;
  }

  connection::ConfigPtr config;
  std::unique_ptr<commit::MemoryBudget> memory;
  std::unique_ptr<connection::Admission> admission;
  std::unique_ptr<AdminPort> port;
  session::LeaseExchange sessions;
  commit::StreamLabels streams;
  connection::CloseCounts closes;
  connection::ConnectionLog connection_log{clock};
  intake::Charsets charsets;
  std::unique_ptr<auth::Authenticator> authenticator;
  connection::TurnCounts turn_counts;
  connection::AmplificationLedger amplification;
  std::vector<connection::IoLoop*> loops;
  std::unique_ptr<connection::Shared> shared;
  SlowBackend backend;
  std::unique_ptr<connection::IoLoop> io;
  base::UniqueFd peer;
  connection::Connection* connection = nullptr;
};

TEST_F(AdminAnswers, AFullDiskIsNoAnswerToAnotherQuestion) {
  ask("/connections");
  backend.now = "disk_full";
  connection->on_spool_state(commit::SpoolState::kDiskFull);
  EXPECT_EQ(heard(), "");
  ASSERT_EQ(backend.asked.size(), 1U);
  backend.asked[0](R"({"total":0})");
  EXPECT_TRUE(heard().ends_with("{\"total\":0}\n"));
  ask("/livez");
  EXPECT_TRUE(heard().ends_with("\r\n\r\ndisk_full\n"));
}

TEST_F(AdminAnswers, AFailedDiskIsNoAnswerToAnotherQuestion) {
  ask("/rejects");
  backend.now = "failed";
  connection->on_spool_state(commit::SpoolState::kFailed);
  EXPECT_EQ(heard(), "");
  ASSERT_EQ(backend.asked.size(), 1U);
  backend.asked[0]("{}");
  EXPECT_TRUE(heard().starts_with("HTTP/1.1 200 "));
}

TEST_F(AdminAnswers, ALateAnswerIsNotGivenToTheNextRequest) {
  ask("/connections");
  ASSERT_EQ(backend.asked.size(), 1U);
  const auto late = backend.asked[0];
  late("{}");
  heard();
  ask("/rejects");
  late(R"({"late":1})");
  EXPECT_EQ(heard(), "");
  backend.asked[1](R"({"right":1})");
  EXPECT_TRUE(heard().ends_with("{\"right\":1}\n"));
}

TEST_F(AdminAnswers, AProbesMarkDoesNotAnswerAListThatIsAskedForBehindIt) {
  ask("/readyz");
  backend.now = "disk_full";
  connection->on_spool_state(commit::SpoolState::kDiskFull);
  heard();
  ask("/connections");
  connection->on_synced(1);
  connection->on_spool_state(commit::SpoolState::kDiskFull);
  EXPECT_EQ(heard(), "");
  backend.asked[0](R"({"right":1})");
  EXPECT_TRUE(heard().ends_with("{\"right\":1}\n"));
}

}  // namespace
}  // namespace crawlspool::admin
