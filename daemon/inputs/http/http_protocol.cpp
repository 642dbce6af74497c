#include "daemon/inputs/http/http_protocol.h"

#include <algorithm>
#include <utility>

#include "daemon/base/check.h"
#include "daemon/base/log.h"
#include "daemon/connection/io_loop.h"
#include "daemon/inputs/http/http_date.h"

namespace crawlspool::http {
namespace {

using connection::Pause;

}  // namespace

const HttpProtocol::Bounds HttpProtocol::kForRecords{64 * 1024, 64 * 1024, nullptr};

HttpProtocol::HttpProtocol(connection::Connection& connection, const Bounds& bounds, const MakeHandler& make_handler)
    : connection_(connection),
      bounds_(bounds),
      part_begun_ms_(connection.link().times().opened_ms),
      handler_(make_handler(*this)) {}

HttpProtocol::~HttpProtocol() = default;

void HttpProtocol::refuse(const connection::LimitMet& limit) {
  refuse_and_end(unavailable("too_many_connections", std::string(limit.key) + " is " + std::to_string(limit.max)),
                 "too_many_connections");
}

// ---- input ----

connection::ReadPlan HttpProtocol::plan_read() {
  if (serving_unfinished_)
    return handler_->may_continue_serving() ? connection::ReadPlan{bounds_.read_bytes_max}
                                            : connection::ReadPlan{0, Pause::kSpoolBusy};
  if (serving_) return {0, Pause::kBusy};
  if (connection_.link().unsent_bytes() > bounds_.answer_bytes_max) return {0, Pause::kOutput};
  if (is_for_records() && parser_.head_is_whole() && connection_.io().appender().is_full())
    return {0, Pause::kSpoolBusy};
  if (is_for_records() && parser_.has_begun() && !connection_.memory().share().may_continue())
    return {0, Pause::kMemory};
  return {bounds_.read_bytes_max};
}

std::size_t HttpProtocol::on_input(std::string_view bytes) {
  if (std::exchange(serving_unfinished_, false)) {
    handler_->continue_serving();
    return 0;
  }
  std::string_view rest = bytes;
  take_requests(rest);
  return bytes.size() - rest.size();
}

bool HttpProtocol::is_enough_for_one_turn() const {
  return connection_.link().is_held() || answered_bytes_ > bounds_.answer_bytes_max ||
         connection_.link().unsent_bytes() > bounds_.answer_bytes_max;
}

void HttpProtocol::take_requests(std::string_view& input) {
  const bool had_begun = parser_.has_begun();
  answered_bytes_ = 0;
  while (connection_.link().is_open() && !serving_ && (parser_.head_is_whole() || !is_enough_for_one_turn())) {
    const auto step = parser_.next(input);
    if (!had_begun && parser_.has_begun() && step == RequestParser::Step::kNeedMore)
      part_begun_ms_ = connection_.io().now_ms();
    if (step == RequestParser::Step::kNeedMore) break;
    if (step == RequestParser::Step::kRefused) {
      const Refusal& refusal = parser_.refusal();
      return refuse_and_end(error_response(refusal.status, refusal.code, refusal.detail), refusal.code);
    }
    if (step == RequestParser::Step::kHead)
      take_head();
    else
      take_whole();
  }
}

void HttpProtocol::take_head() {
  const RequestHead& head = parser_.head();
  any_request_ = true;
  connection_.budget().count_request();
  part_begun_ms_ = connection_.io().now_ms();
  std::uint64_t body_bytes_max = 0;
  if (auto refusal = handler_->check(head, body_bytes_max)) {
    const bool has_body = head.is_chunked || head.content_length.value_or(0) > 0;
    refusal->is_head = head.method == "HEAD";
    if (has_body || !head.keep_alive) return refuse_and_end(std::move(*refusal), "refused");
    begin_serving(head);
    parser_.start_over();
    return respond(std::move(*refusal));
  }
  if (head.content_length.value_or(0) > body_bytes_max)
    return refuse_and_end(error_response(413, "body_too_large", "at most " + std::to_string(body_bytes_max) + " bytes"),
                          "body_too_large");
  parser_.limit_body(body_bytes_max);
  if (head.expects_continue) {
    connection_.link().output() += kContinue;
    connection_.send(true);
  }
}

void HttpProtocol::begin_serving(const RequestHead& head) {
  head_ = head;
  serving_ = true;
  ++request_;
}

void HttpProtocol::take_whole() {
  begin_serving(parser_.head());
  end_after_answer_ = end_after_answer_ || !head_.keep_alive;
  connection_.reader().pause(Pause::kBusy);
  handler_->serve(head_, parser_.take_body());
}

void HttpProtocol::on_eof() {
  if (!parser_.has_begun()) return connection_.finish("eof");
  refuse_and_end(error_response(400, "bad_request", "the connection ended within the request"), "eof");
}

// ---- answers ----

void HttpProtocol::respond(Response response) {
  if (!connection_.link().is_open()) return;
  CRAWLSPOOL_CHECK(serving_);
  response.close = response.close || end_after_answer_;
  response.is_head = response.is_head || head_.method == "HEAD";
  response.keep_alive = head_.is_http_1_0;
  const bool is_last = response.close;
  const std::size_t before = connection_.link().output().size();
  write(std::move(response));
  answered_bytes_ += connection_.link().output().size() - before;
  serving_ = false;
  if (is_last) return connection_.finish(end_reason_);
  connection_.send(true);
  connection_.account_memory();
  connection_.resume();
}

void HttpProtocol::write(Response response) {
  thread_local HttpDate date;
  response.allow_origin = std::exchange(allowed_origin_, {});
  append_response(connection_.link().output(), std::move(response),
                  date.at(connection_.io().now_ms(), connection_.io().shared().clock));
}

void HttpProtocol::continue_next_turn() {
  serving_unfinished_ = true;
  connection_.reader().pause(Pause::kTurn);
}

void HttpProtocol::refuse_and_end(Response response, std::string_view reason) {
  if (!connection_.link().is_open()) return;
  parser_.start_over();
  response.close = true;
  write(std::move(response));
  connection_.finish(reason);
}

void HttpProtocol::on_spool_failed() {
  if (handler_->on_spool_failed()) return;
  if (!serving_ && !parser_.has_begun()) return connection_.finish("spool_failed");
  refuse_and_end(unavailable("spool_failed", "the disk has failed; some of this request may be stored, and some not"),
                 "spool_failed");
}

// What was taken in is answered first.
void HttpProtocol::on_drain() {
  if (!connection_.link().is_open() || !connection_.holds_up_drain()) return;
  end_after_answer_ = true;
  end_reason_ = "draining";
  if (serving_) return;
  if (!parser_.has_begun()) return connection_.finish("draining");
  refuse_and_end(unavailable("draining", "the server is stopping"), "draining");
}

// A request that has begun is answered first, and says that nothing comes behind it.
void HttpProtocol::on_old() {
  end_after_answer_ = true;
  end_reason_ = "rebalance";
  if (!serving_ && !parser_.has_begun()) connection_.finish("rebalance");
}

std::optional<connection::BegunInput> HttpProtocol::begun_input() const {
  if (serving_ || !is_for_records() || !parser_.has_begun()) return std::nullopt;
  const std::size_t received = parser_.head_is_whole() ? parser_.body_bytes() : parser_.held_bytes();
  return connection::BegunInput{parser_.held_bytes(), received, part_begun_ms_};
}

void HttpProtocol::on_shed() {
  refuse_and_end(unavailable("memory", "the server's memory is used up and this request came slowest"),
                 "frame_timeout");
}

// ---- deadlines ----

void HttpProtocol::on_resumed(std::int64_t paused_ms) {
  part_begun_ms_ = parser_.has_begun() ? part_begun_ms_ + paused_ms : connection_.io().now_ms();
}

std::int64_t HttpProtocol::deadline_ms() const {
  if (serving_) return kNever;
  const config::Timeouts& timeouts = connection_.io().config()->timeouts;
  if (parser_.head_is_whole()) {
    return connection_.reader().pace_deadline_ms(part_begun_ms_,
                                                 parser_.head().content_length.value_or(parser_.body_bytes()));
  }
  std::int64_t due = timeouts.idle_ms > 0 ? connection_.link().times().last_activity_ms + timeouts.idle_ms : kNever;
  if (parser_.has_begun() || !any_request_)
    due = std::min(due, connection_.reader().pace_deadline_ms(part_begun_ms_, 0));
  return due;
}

void HttpProtocol::on_deadline() {
  if (parser_.has_begun())
    return refuse_and_end(error_response(408, "frame_timeout", "the request was not whole in time"), "frame_timeout");
  connection_.finish(any_request_ ? "idle_timeout" : "frame_timeout");
}

}  // namespace crawlspool::http
