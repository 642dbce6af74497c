// POST /v1/records: JSON or NDJSON in, one answer once every record is settled. Source: PROTOCOL.md, "HTTP".
#pragma once

#include <string>

#include "daemon/http/http_connection.h"
#include "daemon/ingest/appender.h"
#include "daemon/ingest/record_checker.h"
#include "daemon/spool/line.h"

namespace crawlspool::http {

class RecordsConnection final : public HttpConnection {
 public:
  RecordsConnection(ingest::IoLoop& io, ingest::ConnectionId id, const std::string& peer,
                    ingest::Admission::Ticket ticket);
  ~RecordsConnection() override;

  void settled(std::uint64_t seq) override;

 private:
  std::optional<Response> judge(const RequestHead& head, std::uint64_t& body_bytes_max) override;
  void serve(const RequestHead& head, std::string body) override;
  void go_on_serving() override;

  // Takes lines from body_ until it is done or has done enough for a turn.
  void take_lines();
  void take_record(std::string_view record, const ingest::ReadTime& when);
  void note_reject(std::string_view record, const ingest::RejectReason& reason, const ingest::ReadTime& when);
  void all_taken();
  void charge(std::uint64_t bytes);
  [[nodiscard]] Response answer() const;

  const spool::Origin origin_;
  ingest::Appender::Mark mark_;
  std::uint64_t taken_seq_ = 0;  // counts this connection's records; not shown to anyone
  std::uint64_t settled_seq_ = 0;

  // Of the request being served.
  bool is_batch_ = false;
  bool is_taken_ = false;
  std::string body_;
  std::size_t body_at_ = 0;
  std::uint64_t charged_body_bytes_ = 0;
  std::size_t made_this_turn_ = 0;
  std::uint64_t index_ = 0;
  std::uint64_t accepted_ = 0;
  std::string rejected_;  // the members of the answer's array
  std::optional<ingest::RejectReason> only_reject_;
};

}  // namespace crawlspool::http
