#include "daemon/commit/appender.h"

#include <utility>

namespace crawlspool::commit {
namespace {

constexpr std::size_t kSpareBatches = 2;

}  // namespace

Appender::Appender(Committer& committer, CompletionSink& sink, MemoryBudget& budget)
    : committer_(committer), sink_(sink), memory_(budget), filling_(fresh_batch()) {}

std::unique_ptr<AppendBatch> Appender::fresh_batch() {
  std::unique_ptr<AppendBatch> batch;
  if (spare_.empty()) {
    batch = std::make_unique<AppendBatch>();
  } else {
    batch = std::move(spare_.back());
    spare_.pop_back();
  }
  batch->sink = &sink_;
  batch->number = next_number_++;
  return batch;
}

void Appender::charge(std::size_t bytes) {
  filling_->charged_bytes += bytes;
  memory_.charge(bytes);
}

std::size_t Appender::add_record(const spool::Origin& origin, const ReadTime& when, std::uint64_t seq,
                                 std::string_view record) {
  AppendBatch& batch = *filling_;
  char* const start = batch.lines.reserve(spool::envelope_bytes_max(origin) + record.size());
  const char* const end = spool::write_line(start, when.timestamp, origin, seq, record);
  const auto bytes = static_cast<std::size_t>(end - start);
  batch.lines.commit(bytes);
  if (batch.records == 0) batch.first_taken_us = when.monotonic_us;
  ++batch.records;
  batch.record_bytes += record.size();
  charge(batch.lines.capacity_bytes() - std::exchange(batch.charged_line_bytes, batch.lines.capacity_bytes()));
  return bytes;
}

std::size_t Appender::add_reject(const spool::RejectedRecord& record, proto::RejectCode code, const ReadTime& when) {
  AppendBatch& batch = *filling_;
  char* const start = batch.rejects.reserve(spool::rejected_line_bytes_max(record));
  const char* const end = spool::write_rejected_line(start, record, {when.timestamp, base::kTimestampBytes});
  const auto bytes = static_cast<std::size_t>(end - start);
  batch.rejects.commit(bytes);
  ++batch.rejects_by_code[static_cast<std::size_t>(code)];
  if (record.is_brief && record.raw.size() > spool::kRejectedBriefBytesMax) ++batch.rejects_cut;
  charge(batch.rejects.capacity_bytes() - std::exchange(batch.charged_reject_bytes, batch.rejects.capacity_bytes()));
  return bytes;
}

void Appender::advance(RecordSource& source, const Progress& progress) {
  AppendBatch& batch = *filling_;
  if (source.batch_number != batch.number) {
    source.batch_number = batch.number;
    source.connection_mark = batch.connections.size();
    source.session_mark = batch.sessions.size();
    batch.connections.push_back({source.connection, progress.seq, source.acks_once_written});
    batch.acks_once_written = batch.acks_once_written || source.acks_once_written;
    charge(sizeof(ConnectionMark));
    if (source.session) {
      batch.sessions.push_back({*source.session, source.owner, progress.session_seq, 0});
      charge(sizeof(spool::SessionMark) + source.owner.client.size() + source.owner.user.size());
    }
  }
  batch.connections[source.connection_mark].seq = progress.seq;
  batch.records_by_input[source.input] += progress.added;
  batch.records_by_stream[source.stream_label] += progress.added;
  if (!source.session) return;
  spool::SessionMark& mark = batch.sessions[source.session_mark];
  mark.last_seq = progress.session_seq;
  mark.rejected += progress.rejected;
}

void Appender::after_all(std::function<void()> callback) {
  if (has_unsynced())
    filling_->afterwards.push_back(std::move(callback));
  else
    callback();
}

bool Appender::turn_end() {
  if (!filling_->empty() && under_way_ == 0) submit();
  return filling_->empty();
}

bool Appender::is_full() const { return under_way_ > 0 && filling_->bytes() >= kCommitBytesMax; }

void Appender::submit() {
  std::unique_ptr<AppendBatch> full = std::exchange(filling_, fresh_batch());
  ++under_way_;
  memory_.batch_sent();
  committer_.submit(std::move(full));
}

void Appender::give_back(std::unique_ptr<AppendBatch> batch) {
  --under_way_;
  memory_.batch_came_back();
  memory_.release(batch->charged_bytes);
  if (spare_.size() >= kSpareBatches) return;
  LineChunks lines = std::move(batch->lines);
  LineChunks rejects = std::move(batch->rejects);
  lines.clear();
  rejects.clear();
  *batch = AppendBatch{};
  batch->lines = std::move(lines);
  batch->rejects = std::move(rejects);
  spare_.push_back(std::move(batch));
}

}  // namespace crawlspool::commit
