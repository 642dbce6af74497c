#include "daemon/admin/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

#include "daemon/admin/process_figures.h"
#include "daemon/base/log.h"
#include "daemon/base/version.h"

namespace crawlspool::admin {
namespace {

using base::Histogram;
using commit::CommitStats;
using connection::Shared;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::array<std::string_view, 6> kStates{"ok", "slow", "disk_full", "no_descriptors", "draining", "failed"};

// These are the longest times of each bucket of a histogram, in microseconds; one more bucket holds what took longer.
constexpr std::array<std::int64_t, 17> kBoundsUs{100,       250,       500,       1'000,      2'500,     5'000,
                                                 10'000,    25'000,    50'000,    100'000,    250'000,   500'000,
                                                 1'000'000, 2'500'000, 5'000'000, 10'000'000, 30'000'000};

// Families in the order in which they are added.
class Families {
 public:
  template <class T>
  void counter(std::string name, std::string help, T value) {
    family(std::move(name), std::move(help), MetricType::Counter);
    add({}, {}, value);
  }
  template <class T>
  void gauge(std::string name, std::string help, T value) {
    family(std::move(name), std::move(help), MetricType::Gauge);
    add({}, {}, value);
  }
  // Begins a family whose samples differ in one label: add() follows for each.
  void family(std::string name, std::string help, MetricType type) {
    families_.push_back({std::move(name), std::move(help), type, {}});
  }
  template <class T>
  void add(std::string label, std::string_view label_value, T value) {
    ClientMetric metric;
    if (!label.empty()) metric.label.push_back({std::move(label), std::string(label_value)});
    MetricFamily& last = families_.back();
    (last.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = static_cast<double>(value);
    last.metric.push_back(std::move(metric));
  }
  void histogram(std::string name, std::string help, const Histogram& histogram) {
    family(std::move(name), std::move(help), MetricType::Histogram);
    ClientMetric metric;
    for (const std::int64_t bound : kBoundsUs)
      metric.histogram.bucket.push_back({histogram.count_up_to(bound), static_cast<double>(bound) / 1e6});
    metric.histogram.bucket.push_back({histogram.count(), std::numeric_limits<double>::infinity()});
    metric.histogram.sample_count = histogram.count();
    metric.histogram.sample_sum = histogram.sum_us() / 1e6;
    families_.back().metric.push_back(std::move(metric));
  }

  [[nodiscard]] std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  std::vector<MetricFamily> families_;
};

void add_state(Families& families, std::string_view state) {
  families.family("crawlspool_build_info", "Which build runs; always 1.", MetricType::Gauge);
  families.add("version", kVersion, 1);
  families.family("crawlspool_state", "1 for the state the daemon is in, 0 for the others.", MetricType::Gauge);
  for (const std::string_view one : kStates) families.add("state", one, one == state ? 1 : 0);
}

void add_records(Families& families, const Shared& shared, const CommitStats& stats) {
  families.family("crawlspool_records_total", "Records stored.", MetricType::Counter);
  for (const proto::Input input : proto::kAllInputs)
    if (brings_records(input)) families.add("via", word(input), stats.records_by_input[input]);
  families.family("crawlspool_stream_records_total", "Records stored, by stream; beyond 100 streams under other.",
                  MetricType::Counter);
  const std::vector<std::string> streams = shared.streams.names();
  for (std::size_t label = 0; label < streams.size(); ++label)
    families.add("stream", streams[label], stats.records_by_stream.at(label));
  families.family("crawlspool_records_decoded_total",
                  "Records that came in another charset than UTF-8, and were stored.", MetricType::Counter);
  for (const proto::Charset charset : proto::kAllCharsets)
    if (charset != proto::kUtf8) families.add("charset", word(charset), shared.charsets.decoded(charset));
  families.counter("crawlspool_bytes_total", "Bytes of the records stored.", stats.record_bytes);
  families.family("crawlspool_rejects_total", "Records refused and kept in rejected/.", MetricType::Counter);
  for (std::size_t code = 0; code < proto::kRejectCodes; ++code)
    families.add("code", word(static_cast<proto::RejectCode>(code)), stats.rejects_by_code.at(code));
  families.counter("crawlspool_rejects_cut_total",
                   "Refused records of which only the first 64 bytes are kept, because their senders' came too fast.",
                   stats.rejects_cut);
  families.counter("crawlspool_records_given_up_total", "Numbers that clients of sessions have skipped for good.",
                   shared.sessions.given_up.load());
}

void add_connections(Families& families, const Shared& shared, const config::Limits& limits) {
  const connection::Admission::Counts counts = shared.admission.counts();
  families.family("crawlspool_connections", "Open connections.", MetricType::Gauge);
  for (const proto::Input input : proto::kAllInputs)
    if (has_connections(input)) families.add("listener", word(input), counts.open[input]);
  families.gauge("crawlspool_connections_limit", "limits.connections_max; 0: none.", limits.connections_max);
  families.gauge("crawlspool_client_addresses", "Machines that have connections open.", counts.machines);
  families.counter("crawlspool_connections_accepted_total", "Connections given a place.", counts.accepted_total);
  families.counter("crawlspool_connections_refused_total", "Connections over a limit.", counts.refused_total);
  families.counter("crawlspool_admin_closed_total", "Admin connections closed to make room for others.",
                   counts.admin_closed_total);
  families.counter("crawlspool_turns_deferred_total",
                   "Turns of connections that had to wait for their share of the loop's time.",
                   shared.turns.deferred.load(std::memory_order_relaxed));
  families.counter("crawlspool_amplification_limited_total",
                   "Times that a connection was not read, or a request refused, by limits.amplification_max.",
                   shared.amplification.limited_total());
  families.family("crawlspool_connection_closes_total", "Connections that have ended.", MetricType::Counter);
  for (const auto& [reason, closes] : shared.closes.by_reason()) families.add("reason", reason, closes);
}

void add_tokens(Families& families, const auth::Authenticator& authenticator) {
  families.counter("crawlspool_tokens_failed_total", "Tokens that are not known, or are no longer, and were given.",
                   authenticator.failed_total());
  const auto records = authenticator.records_by_name();
  if (records.empty()) return;
  families.family("crawlspool_token_records_total",
                  "Records that came with the tokens of a name, or from its users of this machine, stored or rejected.",
                  MetricType::Counter);
  for (const auto& [name, count] : records) families.add("token", name, count);
}

void add_certificates(Families& families, const std::vector<CertificateFacts>& certificates) {
  if (certificates.empty()) return;
  families.family("crawlspool_tls_certificate_not_after_seconds",
                  "When a listener's certificate ends, in seconds since 1970.", MetricType::Gauge);
  for (const CertificateFacts& one : certificates) families.add("address", one.address, one.not_after_s);
}

void add_datagrams(Families& families, const std::vector<DatagramFacts>& listeners) {
  if (listeners.empty()) return;
  const auto add = [&](const char* name, const char* help, std::uint64_t DatagramFacts::*count) {
    families.family(name, help, MetricType::Counter);
    for (const DatagramFacts& one : listeners) families.add("address", one.address, one.*count);
  };
  add("crawlspool_datagrams_received_total", "Datagrams received.", &DatagramFacts::received);
  add("crawlspool_datagrams_refused_total", "Of these, those of senders that allow_from does not name.",
      &DatagramFacts::refused);
  add("crawlspool_datagrams_dropped_total", "Datagrams that the kernel dropped, as it had no room for them.",
      &DatagramFacts::dropped);
  add("crawlspool_datagrams_acked_total", "Datagrams answered, where the listener has ack=yes.", &DatagramFacts::acked);
}

void add_commits(Families& families, const CommitStats& stats) {
  families.counter("crawlspool_commits_total", "Times that what had come together was brought to the disk.",
                   stats.commits);
  families.counter("crawlspool_syncs_total", "Calls of fdatasync for records.", stats.syncs);
  families.histogram("crawlspool_commit_duration_seconds", "How long commits of records took.", stats.commit_duration);
  families.histogram("crawlspool_ack_latency_seconds",
                     "From the read of the first record of a batch to the ack, for each record of the batch.",
                     stats.ack_latency);
}

void add_spool(Families& families, const config::Spool& config, const CommitStats& stats) {
  families.gauge("crawlspool_spool_position_bytes", "Where the next line goes, counted from the spool's beginning.",
                 stats.position);
  families.gauge("crawlspool_spool_durable_bytes", "Up to where the spool is known to be on the disk.", stats.durable);
  families.gauge("crawlspool_spool_free_bytes", "Free on the spool's file system.", stats.free_bytes);
  families.gauge("crawlspool_spool_keep_free_bytes", "spool.keep_free_bytes.", config.keep_free_bytes);
  families.gauge("crawlspool_spool_segments", "Segments, the active one included.", stats.maintenance.segments + 1);
  families.gauge("crawlspool_spool_bytes", "What the segments take on the disk.",
                 stats.maintenance.segment_bytes + stats.active_bytes);
  families.gauge("crawlspool_spool_rejected_bytes", "What rejected/ takes on the disk.", stats.rejected_bytes);
}

void add_maintenance(Families& families, const CommitStats& stats, const spool::RecoveryReport& recovery) {
  const spool::MaintenanceStats& maintenance = stats.maintenance;
  families.gauge("crawlspool_spool_segments_uncompressed", "Segments that wait to be compressed.",
                 maintenance.uncompressed);
  families.counter("crawlspool_spool_segments_compressed_total", "Segments compressed.", maintenance.compressed);
  families.counter("crawlspool_spool_compression_failures_total", "Failed tries to compress a segment.",
                   maintenance.compression_failed);
  families.counter("crawlspool_spool_segments_removed_total", "Segments removed by retention.", maintenance.removed);
  families.counter("crawlspool_spool_snapshots_total", "Snapshots of the sessions written.", maintenance.snapshots);
  families.gauge("crawlspool_spool_segments_damaged", "Segments found unreadable or too short since the start.",
                 maintenance.damaged);
  families.gauge("crawlspool_recovery_damaged_ranges", "Damaged or missing ranges that the last start found.",
                 recovery.damaged.size() + recovery.missing.size());
}

void add_resources(Families& families, const Shared& shared, const CommitStats& stats) {
  families.gauge("crawlspool_sessions", "Sessions remembered.", stats.sessions);
  families.gauge("crawlspool_sessions_connected", "Sessions with a connection.", stats.sessions_connected);
  families.gauge("crawlspool_memory_used_bytes",
                 "Held for peers: taken in and not on the disk, answers not sent, and memory not given back.",
                 std::max<std::int64_t>(0, shared.memory.used()));
  families.gauge("crawlspool_memory_unaccounted_bytes", "Resident memory that is held for no peer in particular.",
                 shared.memory.unaccounted());
  families.gauge("crawlspool_memory_limit_bytes", "limits.memory_bytes_max.", shared.memory.limit());
  families.counter("crawlspool_log_lines_dropped_total", "Log lines lost because they came too fast.",
                   base::log_lines_dropped());
  const ProcessFigures process = process_figures();
  families.gauge("process_start_time_seconds", "When the process started, in seconds since 1970.",
                 process.start_time_seconds);
  families.counter("process_cpu_seconds_total", "Processor time, user and system.", process.cpu_seconds);
  families.gauge("process_resident_memory_bytes", "Resident memory.", process.memory_bytes);
  families.gauge("process_max_fds", "How many files may be open.", process.files_max);
}

}  // namespace

std::string metrics_text(const Shared& shared, const config::Config& config, const spool::RecoveryReport& recovery,
                         std::string_view state, const std::vector<CertificateFacts>& certificates,
                         const std::vector<DatagramFacts>& datagrams) {
  const CommitStats stats = shared.committer.stats();
  Families families;
  add_state(families, state);
  add_records(families, shared, stats);
  add_connections(families, shared, config.limits);
  add_certificates(families, certificates);
  add_tokens(families, shared.authenticator);
  add_datagrams(families, datagrams);
  add_commits(families, stats);
  add_spool(families, config.spool, stats);
  add_maintenance(families, stats, recovery);
  add_resources(families, shared, stats);
  return families.text();
}

}  // namespace crawlspool::admin
