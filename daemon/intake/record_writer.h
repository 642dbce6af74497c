// What becomes of a record, whichever input brings it: it is checked, and written as a line of the spool or kept in
// rejected/ with the reason. Owns the identity that the lines carry, the lease on the session that they are written to,
// and the counts of what was taken in, written and synced. Verdicts and acks are the input's to send. One a source of
// records, on its loop's thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "daemon/auth/usage.h"
#include "daemon/base/connection_id.h"
#include "daemon/base/endpoint.h"
#include "daemon/commit/appender.h"
#include "daemon/intake/reject_recorder.h"
#include "daemon/intake/transcoder.h"
#include "daemon/intake/turn_budget.h"
#include "daemon/intake/usage_meter.h"
#include "daemon/json/record_checker.h"
#include "daemon/session/lease.h"
#include "daemon/spool/lines/line.h"
#include "proto/inputs.h"

namespace crawlspool::intake {

class RecordWriter {
 public:
  // Holds what a loop has for all of its sources. It outlives them.
  struct Loop {
    commit::Appender& appender;
    json::RecordChecker& checker;
    RejectRecorder& rejects;
    commit::StreamLabels& streams;
    session::LeaseTable& leases;
    Transcoder& transcoder;
  };
  struct Source {
    base::ConnectionId id = 0;
    proto::Input input{};
    const base::Peer& peer;  // outlives the writer
  };
  // Holds what the client says of itself: once for all of its records, or with each request.
  struct Identity {
    spool::ClientNames names;
    std::optional<spool::SessionKey> session;
    bool acks_once_written = false;
    std::shared_ptr<auth::Usage> usage = {};  // of the user in names; nullptr: there is none
  };

  // Holds a record that was made here, in UTF-8, of what a peer sent in the charset of its records.
  struct Made {
    std::string_view text;
    bool is_decoded = false;     // something of it was not ASCII
    std::uint64_t replaced = 0;  // U+FFFD in it for what cannot be decoded
  };

  // `budget`, of the turn under way, outlives it.
  RecordWriter(const Loop& loop, const Source& source, std::uint64_t record_bytes_max, TurnBudget& budget);

  void identify(Identity identity);
  // The source's peer is another one from now on.
  void peer_changed();
  // Records may have so many bytes from now on.
  void set_record_bytes_max(std::uint64_t bytes) { record_bytes_max_ = bytes; }
  // Its records come in another charset from now on, which the transcoder has. Those that are ASCII are taken as they
  // are; of the others the lines say what they were.
  void decode_from(const proto::Decoding& decoding);
  [[nodiscard]] const proto::Decoding& decoding() const { return decoding_; }
  [[nodiscard]] const spool::ClientNames& names() const { return names_; }
  [[nodiscard]] const spool::Origin& origin() const { return origin_; }

  // --- the session, if the client named one ---
  [[nodiscard]] bool has_session() const { return appended_.session.has_value(); }
  void request_lease() { lease_.request(source_.id, *appended_.session, appended_.owner, source_.peer.machine); }
  // Returns false if `answered` is not the request under way.
  [[nodiscard]] bool take_reply(const session::LeaseRequest& answered) { return lease_.take_reply(answered); }
  [[nodiscard]] bool awaits_session() const { return lease_.is_requested(); }
  // Nothing more is written to it.
  void release_session() { lease_.release(); }

  // --- records ---
  // Every record up to `last_seq` counts as taken in and synced.
  void start_at(std::uint64_t last_seq) { taken_ = written_ = synced_ = last_seq; }
  // Takes the next record in, with its number in the session or connection (0: it has none). Returns why it was
  // rejected, if so. Padding is readable behind `record`.
  std::optional<json::RejectReason> write(std::string_view record, const RejectedNumber& number,
                                          const commit::ReadTime& when);

  // The same for a record that needs no decoding any more.
  std::optional<json::RejectReason> write_made(const Made& made, const RejectedNumber& number,
                                               const commit::ReadTime& when);
  // Returns why write() would reject the record, if so, and takes nothing in.
  [[nodiscard]] std::optional<json::RejectReason> judge(std::string_view record);
  // Takes the next record in as one that is turned down, before any check.
  void reject(std::string_view record, const json::RejectReason& reason, const RejectedNumber& number,
              const commit::ReadTime& when);

  void on_written(std::uint64_t count) { written_ = std::max(written_, count); }
  void on_synced(std::uint64_t count) {
    synced_ = count;
    usage_.charge();
    on_written(count);
  }
  // In the source's count, which starts at 0 or where start_at() says. Rejected records count, too.
  [[nodiscard]] std::uint64_t taken() const { return taken_; }
  [[nodiscard]] std::uint64_t written() const { return written_; }
  [[nodiscard]] bool all_synced() const { return synced_ == taken_; }

  // Returns for how long its user's rates allow nothing more; 0: go on.
  [[nodiscard]] std::int64_t rate_wait_ms() const { return usage_.wait_ms(); }

  // Of this source since it is there.
  [[nodiscard]] std::uint64_t records() const { return records_; }
  [[nodiscard]] std::uint64_t rejects() const { return rejects_; }

 private:
  // A record on its way through the checks.
  struct Checked {
    std::string_view text;    // in UTF-8
    bool is_decoded = false;  // so it is not what was sent
    std::uint64_t replaced = 0;
    std::optional<json::RejectReason> reject;
  };

  [[nodiscard]] std::optional<json::RejectReason> check(std::string_view record);
  [[nodiscard]] Checked decode_and_check(std::string_view record);
  [[nodiscard]] json::RejectReason too_large() const;
  std::optional<json::RejectReason> write_plain(std::string_view record, const RejectedNumber& number,
                                                const commit::ReadTime& when);
  std::optional<json::RejectReason> write_decoded(std::string_view record, const RejectedNumber& number,
                                                  const commit::ReadTime& when);
  void add_checked_line(const Checked& checked, std::uint64_t seq, const commit::ReadTime& when);
  void add_line(const spool::Origin& origin, std::string_view record, std::uint64_t seq, const commit::ReadTime& when);
  void keep_reject(std::string_view record, const json::RejectReason& reason, const RejectedNumber& number,
                   const commit::ReadTime& when, bool is_as_sent = true);
  void advance(std::uint64_t seq, bool is_rejected);
  [[nodiscard]] spool::Origin make_decoded_origin(std::uint64_t replaced) const;
  [[nodiscard]] bool decodes() const { return decoding_.charset != proto::kUtf8; }

  const Loop loop_;
  const Source source_;
  std::uint64_t record_bytes_max_;
  TurnBudget& budget_;
  spool::ClientNames names_;
  spool::Origin origin_;
  proto::Decoding decoding_;
  spool::Origin decoded_origin_;  // of records that were decoded and lost nothing
  commit::RecordSource appended_;
  session::Lease lease_;
  UsageMeter usage_;
  std::uint64_t taken_ = 0;
  std::uint64_t written_ = 0;  // at least synced_
  std::uint64_t synced_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t rejects_ = 0;
};

}  // namespace crawlspool::intake
