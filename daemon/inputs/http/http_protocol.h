// One HTTP/1.1 connection: one request at a time, in order, with keep-alive. Its handler answers requests; until one is
// answered nothing more is read.
//
//   reading ──► serving ──► (answered) ──► reading, or the end
//
// Of pipelined requests those behind wait with the connection as the bytes that came, until what is answered before
// them is sent: so that answers are made as fast as the peer reads them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/connection/connection.h"
#include "daemon/inputs/http/handler.h"
#include "daemon/inputs/http/request_parser.h"
#include "daemon/inputs/http/response.h"

namespace crawlspool::http {

class HttpProtocol final : public connection::Protocol {
 public:
  using MakeHandler = std::function<std::unique_ptr<Handler>(HttpProtocol&)>;
  struct Bounds {
    std::size_t read_bytes_max;
    std::size_t answer_bytes_max;  // made in one turn, or made and not sent: beyond it no more is answered
    // What requests and answers hold is charged to it, which outlives the connection; nullptr: to what the loop has for
    // records.
    commit::MemoryAccount* own_memory;
  };
  // Of those that bring records.
  static const Bounds kForRecords;

  // `connection` owns it.
  HttpProtocol(connection::Connection& connection, const Bounds& bounds, const MakeHandler& make_handler);
  ~HttpProtocol() override;

  [[nodiscard]] bool holds_whole_batch() const override { return serving_unfinished_; }
  [[nodiscard]] bool may_go_on_with_batch() override { return serving_unfinished_ && handler_->may_continue_serving(); }
  [[nodiscard]] const intake::RecordWriter* writer() const override { return handler_->writer(); }

  // --- the handler's tools ---
  [[nodiscard]] connection::Connection& connection() { return connection_; }
  // Answers the request being served: once.
  void respond(Response response);
  // The answer to this request is for a page of that origin, too.
  void allow_origin(std::string origin) { allowed_origin_ = std::move(origin); }
  // Puts off what is left of serve() to the next turn, which calls continue_serving().
  void continue_next_turn();
  [[nodiscard]] bool is_serving() const { return serving_; }
  // Numbers the request being served, or the last one that was.
  [[nodiscard]] std::uint64_t request() const { return request_; }

 private:
  void refuse(const connection::LimitMet& limit) override;
  connection::ReadPlan plan_read() override;
  std::size_t on_input(std::string_view bytes) override;
  void on_eof() override;
  void on_spool_failed() override;
  void on_drain() override;
  void on_old() override;
  void on_shed() override;
  [[nodiscard]] std::optional<connection::BegunInput> begun_input() const override;
  void on_resumed(std::int64_t paused_ms) override;
  void on_synced(std::uint64_t count) override { handler_->on_synced(count); }
  bool on_session(const session::LeaseRequest& answered) override { return handler_->on_session(answered); }
  void on_spool_waits() override { handler_->on_spool_waits(); }
  void on_drain_end() override { handler_->on_drain_end(); }
  [[nodiscard]] std::size_t held_wire_bytes() const override {
    return parser_.body_bytes() + handler_->held_wire_bytes();
  }
  // The answers to records are on the account of all connections.
  [[nodiscard]] std::size_t held_bytes() const override {
    return parser_.held_bytes() + handler_->held_bytes() + (is_for_records() ? 0 : connection_.link().held_bytes());
  }
  [[nodiscard]] commit::MemoryAccount* own_account() const override { return bounds_.own_memory; }
  [[nodiscard]] std::int64_t deadline_ms() const override;
  void on_deadline() override;

  void take_requests(std::string_view& input);
  [[nodiscard]] bool is_enough_for_one_turn() const;
  void begin_serving(const RequestHead& head);
  void take_head();
  void take_whole();
  void refuse_and_end(Response response, std::string_view reason);
  void write(Response response);
  // The admin port is answered with the memory used up, too.
  [[nodiscard]] bool is_for_records() const { return bounds_.own_memory == nullptr; }

  connection::Connection& connection_;
  const Bounds bounds_;
  RequestParser parser_;
  RequestHead head_;  // of the request being served
  std::string allowed_origin_;
  std::uint64_t request_ = 0;
  bool serving_ = false;
  bool serving_unfinished_ = false;
  bool end_after_answer_ = false;
  std::string_view end_reason_ = "close";
  std::size_t answered_bytes_ = 0;  // by answers to what came with the input in hand
  std::int64_t part_begun_ms_ = 0;  // the head, or the body
  bool any_request_ = false;
  std::unique_ptr<Handler> handler_;  // the last: it may use all of the above as it goes
};

}  // namespace crawlspool::http
