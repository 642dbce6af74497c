#include "daemon/server/server.h"

#include <unistd.h>

#include <csignal>
#include <memory>
#include <system_error>
#include <utility>

#include "daemon/admin/status.h"
#include "daemon/base/log.h"
#include "daemon/base/thread.h"
#include "daemon/base/version.h"
#include "daemon/connection/io_threads.h"
#include "daemon/net/signal.h"
#include "daemon/net/timer.h"
#include "daemon/server/drain.h"
#include "daemon/server/listeners.h"
#include "daemon/server/liveness_check.h"
#include "daemon/server/maintenance_thread.h"
#include "daemon/server/options.h"
#include "daemon/server/ready_file.h"
#include "daemon/server/reload.h"
#include "daemon/server/resident_watch.h"
#include "daemon/server/resource_limits.h"
#include "daemon/server/service_manager.h"
#include "daemon/server/watched_files.h"
#include "daemon/spool/storage/posix_file_system.h"
#include "daemon/spool/write/spool.h"

namespace crawlspool::server {
namespace {

using base::Result;
using commit::SpoolState;

constexpr std::uint64_t kSummaryMs = 60'000;
constexpr std::uint64_t kUnloggedMs = 10'000;       // of the log, of connections' beginnings and ends
constexpr std::int64_t kDiskAnswersUs = 3'000'000;  // within which it gets on
constexpr std::int64_t kLastWordsMs = 1500;         // for the message to clients that the spool has failed

void log_recovery(const spool::Spool& spool) {
  const spool::RecoveryReport& report = spool.recovery();
  for (const spool::UnusableFile& file : report.skipped)
    base::log_warn("file_skipped", {{"file", file.name}, {"detail", file.why}});
  for (const spool::ByteRange& damage : report.damaged)
    base::log_error("recovery_damaged", {{"position", damage.position}, {"bytes", damage.bytes}});
  for (const spool::ByteRange& missing : report.missing)
    base::log_error("recovery_missing", {{"position", missing.position}, {"bytes", missing.bytes}});
  if (report.cut)
    base::log_warn(
        "recovery_truncated",
        {{"position", report.cut->position}, {"bytes", report.cut->bytes}, {"kept_in_cut", report.cut_was_kept}});
  base::log_info("recovered", {{"spool", spool.path()},
                               {"id", spool.id()},
                               {"read_from", report.read_from},
                               {"lines", report.lines},
                               {"position", report.end},
                               {"known_synced", report.known_synced},
                               {"sessions", spool.sessions().size()}});
}

class Server {
 public:
  Server(const connection::ConfigPtr& config, const ServerOptions& options, const base::Clock& clock,
         ServiceManager& service_manager, std::unique_ptr<spool::Spool> spool)
      : options_(options),
        service_manager_(service_manager),
        clock_(clock),
        spool_(std::move(spool)),
        authenticator_(std::make_shared<auth::Authenticator>(*config, clock)),
        files_(std::make_shared<WatchedFiles>(authenticator_)),
        maintenance_(*spool_, [files = files_] { files->look(); }),
        memory_(config->limits.memory_bytes_max, frame_bytes_max(config->limits)),
        admission_(config->limits),
        admin_port_(admission_),
        committer_(*spool_, committer_options(config->spool), clock_,
                   [this](SpoolState state) { on_spool_state(state); }),
        connection_log_(clock_),
        shared_{clock_,          committer_, memory_,        admission_, sessions_, streams_,       closes_,
                connection_log_, turns_,     amplification_, loops_,     charsets_, *authenticator_},
        threads_(shared_, config),
        resident_(loop(), memory_, clock_),
        liveness_(threads_.mailboxes(), [this] { return committer_.busy_us(); }),
        status_(shared_, spool_->recovery(), threads_, config),
        listeners_(threads_, shared_, admin_port_, status_, *files_),
        drain_(threads_, config->timeouts.drain_ms,
               {[this] { finish(); }, [this] { return disk_answers(); }, [this] { leave_at_once("drain_timeout"); }}),
        last_words_(loop(), [this] { leave_at_once("spool_failed"); }),
        summary_(loop(), [this] { status_.log_summary(); }),
        unlogged_(loop(), [this] { connection_log_.log_summary(); }),
        signals_(std::make_unique<Signals>(*this)),
        reload_(
            threads_.first().mailbox(), clock_, config,
            {[load = options.load_config, files = files_] {
               auto loaded = load();
               files->reload();
               return loaded;
             },
             [this](const connection::ConfigPtr& changed, const std::function<void()>& done) { apply(changed, done); },
             [this] { service_manager_.reloading(); }, [this] { on_reload_end(); }}) {}

  Result<int> run(InheritedSockets inherited) {
    if (const std::string missing = charsets_.missing(); !missing.empty())
      base::log_warn("charsets_missing", {{"charsets", missing}, {"detail", "glibc's gconv modules are not there"}});
    CRAWLSPOOL_TRY(authenticator_->load());
    CRAWLSPOOL_TRY(listeners_.open(*reload_.in_force(), std::move(inherited)));
    status_.set_listening(listeners_.addresses());
    status_.set_certificates([this] { return listeners_.certificates(); });
    status_.set_datagrams([this] { return listeners_.datagrams(); });
    CRAWLSPOOL_TRY(threads_.start());
    if (options_.ready_file) {
      CRAWLSPOOL_TRY_AS(auto written, ReadyFile::write(*options_.ready_file, listeners_.addresses()));
      ready_.emplace(std::move(written));
    }
    base::log_info("started", {{"version", kVersion}, {"pid", ::getpid()}, {"io_threads", threads_.count()}});
    summary_.start(kSummaryMs, kSummaryMs);
    unlogged_.start(kUnloggedMs, kUnloggedMs);
    is_running_ = true;
    if (committer_.state() != SpoolState::kOk) on_spool_state(committer_.state());
    service_manager_.ready({[this] { return status_.line(); }, [this] { return liveness_.passes(); }});
    threads_.run();
    // What is left is taking apart. Should that hang, a signal still ends it.
    signals_.reset();
    net::end_on_stop_signals(base::kExitIo);
    service_manager_.drop_vitals();
    ready_.reset();
    return committer_.state() == SpoolState::kFailed ? base::kExitIo : base::kExitOk;
  }

  void log_stopped(int exit_code) {
    connection_log_.log_summary();
    status_.log_summary();
    if (committer_.state() == SpoolState::kFailed)
      base::log_error("stopped", {{"reason", "spool_failed"}, {"exit", exit_code}});
    else
      base::log_info("stopped", {{"exit", exit_code}});
  }

  // A reload's thread hangs on the configuration file, and goes on when this object is gone.
  [[nodiscard]] bool is_reloading() const { return reload_.is_reading(); }

 private:
  struct Signals {
    explicit Signals(Server& server)
        : terminate(server.loop(), SIGTERM, [&server] { server.on_stop("TERM"); }),
          interrupt(server.loop(), SIGINT, [&server] { server.on_stop("INT"); }),
          hangup(server.loop(), SIGHUP, [&server] { server.on_hangup(); }) {}

    net::Signal terminate;
    net::Signal interrupt;
    net::Signal hangup;
  };

  [[nodiscard]] net::Loop& loop() { return threads_.first().loop(); }

  // Runs on the committer's thread.
  void on_spool_state(SpoolState state) {
    if (!is_running_) return;
    threads_.on_each([state](connection::IoLoop& io) { io.spool_state_changed(state); });
    if (state == SpoolState::kFailed) threads_.first().mailbox().post([this] { on_spool_failed(); });
  }

  void on_spool_failed() {
    failed_ = true;
    last_words_.start(static_cast<std::uint64_t>(kLastWordsMs));
    if (!std::exchange(stopping_, true)) begin_drain(kLastWordsMs);
  }

  void on_stop(std::string_view signal) {
    if (failed_) leave_at_once("spool_failed");
    if (std::exchange(stopping_, true)) leave_at_once("second_signal");
    const std::int64_t drain_ms = reload_.in_force()->timeouts.drain_ms;
    base::log_info("draining", {{"signal", signal}, {"drain_ms", drain_ms}});
    begin_drain(drain_ms);
  }

  void begin_drain(std::int64_t within_ms) {
    service_manager_.stopping(within_ms);
    listeners_.close_crawlers();
    status_.set_draining();
    drain_.begin();
  }

  [[nodiscard]] bool disk_answers() const {
    return committer_.state() == SpoolState::kOk && committer_.busy_us() < kDiskAnswersUs;
  }

  // Everything is acknowledged and every crawler gone; the loops go on until the segment is closed and the maintenance
  // thread has ended, so that a signal or the end of timeouts.drain still finds someone.
  void finish() {
    const auto on_ended = [this] { threads_.first().mailbox().post([this] { one_more_ended(); }); };
    maintenance_.finish(on_ended);
    committer_.finish(on_ended);
  }

  void one_more_ended() {
    if (--threads_to_end_ == 0) threads_.stop();
  }

  // Nothing orderly is left to do: the committer's thread may be stuck in the disk.
  [[noreturn]] void leave_at_once(std::string_view reason) {
    base::log_error("stopped", {{"reason", reason}, {"exit", base::kExitIo}});
    ready_.reset();
    base::flush_log_briefly();
    ::_exit(base::kExitIo);
  }

  void on_hangup() {
    base::reopen_log_files();
    base::log_info("logs_reopened");
    if (!stopping_) reload_.request();
  }

  void on_reload_end() {
    status_.set_config(reload_.in_force(), reload_.state());
    service_manager_.reloaded();
  }

  // Changes all that a reload may change. Nobody who is connected has to go for it.
  void apply(const connection::ConfigPtr& config, const std::function<void()>& done) {
    base::set_log_level(config->log.level);
    raise_descriptor_limit(config->limits);
    memory_.set_limit(config->limits.memory_bytes_max, frame_bytes_max(config->limits));
    admission_.set_limits(config->limits);
    committer_.set_live_options(live_options(config->spool));
    drain_.set_drain_ms(config->timeouts.drain_ms);
    authenticator_->set_config(*config);
    threads_.set_config(config, done);
  }

  // They stand in the order in which they depend on each other, and are destroyed the other way round.
  const ServerOptions& options_;
  ServiceManager& service_manager_;
  const base::Clock& clock_;
  std::unique_ptr<spool::Spool> spool_;
  std::shared_ptr<auth::Authenticator> authenticator_;
  std::shared_ptr<WatchedFiles> files_;
  MaintenanceThread maintenance_;
  std::atomic<bool> is_running_{false};
  commit::MemoryBudget memory_;
  connection::Admission admission_;
  admin::AdminPort admin_port_;
  commit::Committer committer_;
  session::LeaseExchange sessions_;
  commit::StreamLabels streams_;
  connection::CloseCounts closes_;
  connection::ConnectionLog connection_log_;
  connection::TurnCounts turns_;
  connection::AmplificationLedger amplification_;
  std::vector<connection::IoLoop*> loops_;
  intake::Charsets charsets_;
  connection::Shared shared_;
  connection::IoThreads threads_;
  ResidentWatch resident_;
  LivenessCheck liveness_;
  admin::Status status_;
  Listeners listeners_;
  Drain drain_;
  net::Timer last_words_;
  net::Timer summary_;
  net::Timer unlogged_;
  std::unique_ptr<Signals> signals_;
  Reload reload_;
  std::optional<ReadyFile> ready_;
  bool stopping_ = false;
  bool failed_ = false;
  int threads_to_end_ = 2;
};

Result<std::unique_ptr<spool::Spool>> open_spool(const config::Config& config, const base::Clock& clock) {
  CRAWLSPOOL_TRY_AS(auto directory, spool::open_posix_directory(config.spool.directory, spool::IfMissing::kCreate));
  return spool::Spool::open(std::move(directory), spool_options(config.spool), clock);
}

// That thread may go on at any moment, and must not find what exit() takes apart.
[[noreturn]] void leave_beside_a_reader(int exit_code) {
  base::stop_log();
  ::_exit(exit_code);
}

Result<int> open_and_run(const connection::ConfigPtr& config, const ServerOptions& options) {
  CRAWLSPOOL_TRY_AS(auto inherited, take_inherited_sockets(config->listen));
  const base::SystemClock clock;
  ServiceManager service_manager(clock);
  CRAWLSPOOL_TRY_AS(auto spool, open_spool(*config, clock));
  log_recovery(*spool);
  Server server(config, options, clock, service_manager, std::move(spool));
  const auto exit_code = server.run(std::move(inherited));
  if (exit_code) server.log_stopped(*exit_code);
  if (exit_code && server.is_reloading()) leave_beside_a_reader(*exit_code);
  return exit_code;
}

// What the threads of constructors throw where none can be had is an error like others.
Result<int> open_and_run_threads(const connection::ConfigPtr& config, const ServerOptions& options) {
  try {
    return open_and_run(config, options);
  } catch (const std::system_error& error) {
    return base::fail(base::ErrorCode::kIo, base::no_thread_detail(), error.code().value());
  }
}

}  // namespace

int run_server(const config::Config& config, const ServerOptions& options) {
  net::set_up_signals();
  net::check_memory_of_loops();
  std::signal(SIGHUP, SIG_IGN);  // until there is a loop to hear it: it must not end a recovery
  raise_descriptor_limit(config.limits);
  return_large_buffers(config.limits);
  const auto exit_code = open_and_run_threads(std::make_shared<const config::Config>(config), options);
  if (exit_code) return *exit_code;
  base::log_error("start_failed", {{"detail", exit_code.error().message()}});
  return base::daemon_exit_code(exit_code.error().code);
}

}  // namespace crawlspool::server
