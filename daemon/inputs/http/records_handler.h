// POST /v1/records: JSON or NDJSON in, one answer once every record is synced or rejected. Source: PROTOCOL.md, "HTTP".
//
//   decompressing ──► [awaiting the session] ──► taking ──► taken ──► answered
//      └───────────────┴── turned down, and nothing was taken in
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "config/listener.h"
#include "daemon/inputs/http/client_fields.h"
#include "daemon/inputs/http/http_protocol.h"
#include "daemon/inputs/http/text_pieces.h"
#include "daemon/intake/batch_intake.h"
#include "daemon/intake/record_writer.h"
#include "daemon/intake/turn_budget.h"
#include "daemon/json/record_checker.h"

namespace crawlspool::http {

class RecordsHandler final : public Handler {
 public:
  // `http` owns it. `settings`, those of the listener, say what a request does not: who sends, for which stream, and in
  // which charset.
  RecordsHandler(HttpProtocol& http, const config::ListenerSettings& settings);
  ~RecordsHandler() override;

  [[nodiscard]] const intake::RecordWriter* writer() const override { return &writer_; }

 private:
  enum class Stage { kDecompressing, kAwaitingSession, kTaking, kTaken };

  // The request being served.
  struct Request {
    Stage stage = Stage::kDecompressing;
    RequestClient client;
    std::shared_ptr<auth::Usage> usage;  // of its user
    proto::Decoding decoding;
    bool is_batch = false;
    std::optional<intake::BatchIntake> intake;
    std::uint64_t last_seq = 0;  // of the session, before the first record that is taken
    std::uint64_t index = 0;     // of the next record
    std::uint64_t accepted = 0;
    std::uint64_t skipped = 0;
    TextPieces rejected;  // the members of the answer's array
    std::optional<json::RejectReason> only_reject;
  };

  std::optional<Response> check(const RequestHead& head, std::uint64_t& body_bytes_max) override;
  [[nodiscard]] std::optional<Response> judge_sender(const BrowserFields& browser);
  [[nodiscard]] std::optional<Response> judge_user(const RequestHead& head);
  [[nodiscard]] std::optional<Response> judge_resources();
  [[nodiscard]] std::optional<Response> judge_charset(const RequestHead& head);
  [[nodiscard]] std::size_t held_wire_bytes() const override;
  [[nodiscard]] std::size_t held_bytes() const override;
  void serve(const RequestHead& head, std::string body) override;
  void continue_serving() override;
  void on_drain_end() override;
  void on_synced(std::uint64_t seq) override;
  bool on_session(const session::LeaseRequest& answered) override;
  [[nodiscard]] bool may_continue_serving() override { return connection_.memory().may_take_in(*request_.intake); }

  void decompress();
  [[nodiscard]] std::optional<Response> judge_numbers() const;
  void request_lease();
  void go_on_from(std::uint64_t last_seq);
  void take_some();
  void take_record(std::string_view record, const commit::ReadTime& when);
  void note_reject(const json::RejectReason& reason);
  void all_taken();
  [[nodiscard]] Response over_amplification() const;
  void turn_down(Response response);
  void finish_request(Response response);
  [[nodiscard]] std::uint64_t seq_of_next() const;
  [[nodiscard]] std::string session_members() const;
  [[nodiscard]] Response answer();

  HttpProtocol& http_;
  connection::Connection& connection_;
  const proto::Decoding usual_decoding_;
  const spool::ClientNames usual_names_;
  intake::RecordWriter writer_;
  Request request_;
};

}  // namespace crawlspool::http
