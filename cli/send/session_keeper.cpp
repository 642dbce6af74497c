#include "cli/send/session_keeper.h"

#include <algorithm>
#include <filesystem>

#include "cli/common/console.h"
#include "clients/cpp/messages.h"

namespace crawlspool::cli {
namespace {

using base::ErrorCode;
using base::Result;

constexpr std::uint64_t kCoverAheadBytes = 64 * 1024 * 1024;
constexpr std::int64_t kSaveEveryUs = 1'000'000;

}  // namespace

Result<std::unique_ptr<SessionKeeper>> SessionKeeper::open(const Request& request) {
  auto input = InputFile::open(request.input);
  if (!input) return tl::unexpected(input.error());
  auto file = SessionFile::open(request.session_file);
  if (!file) return tl::unexpected(file.error());
  std::error_code ignored;
  if (std::filesystem::equivalent(request.session_file, request.input, ignored))
    return base::fail(ErrorCode::kUsage, shown(request.input) + " is both the input and the session file");
  std::unique_ptr<SessionKeeper> keeper(new SessionKeeper(std::move(*file), std::move(*input)));
  keeper->server_ = request.server;
  CRAWLSPOOL_TRY(keeper->take_up(request));
  return keeper;
}

Result<void> SessionKeeper::take_up(const Request& request) {
  if (!file_->found()) {
    state_.session = client::new_session();
    state_.client = request.client.value_or(request.default_client);
    state_.server = server_;
  } else {
    state_ = saved_ = *file_->found();
    is_same_file_ = state_.device == input_.device() && state_.inode == input_.inode();
    auto checked =
        check_identity(request).and_then([&] { return check_sent_part(); }).and_then([&] { return check_last_line(); });
    if (!checked) return checked;
  }
  state_.input_path = input_.path();
  state_.device = input_.device();
  state_.inode = input_.inode();
  covered_before_ = state_.covered.bytes;
  prefixes_ = {InputPrefix{}, state_.covered};
  return {};
}

tl::unexpected<base::Error> SessionKeeper::differs(const std::string& how) const {
  const std::string was =
      is_same_file_ ? "" : " (it is another file than then, which was " + shown(state_.input_path) + ")";
  return base::fail(ErrorCode::kDamaged, "session file " + shown(file_->path()) + " does not go with " +
                                             shown(input_.path()) + ": " + how + was +
                                             ". Nothing is sent, as it could be stored twice or skipped");
}

Result<void> SessionKeeper::check_identity(const Request& request) const {
  if (request.client && *request.client != state_.client)
    return base::fail(ErrorCode::kConfig, "session file " + shown(file_->path()) + " belongs to client " +
                                              state_.client + ", not to " + *request.client);
  return {};
}

Result<void> SessionKeeper::check_sent_part() {
  CRAWLSPOOL_TRY_AS(const auto size, input_.size());
  const std::string bytes = std::to_string(state_.covered.bytes);
  if (size < state_.covered.bytes)
    return differs("of the first " + bytes + " bytes, which were sent, only " + std::to_string(size) + " are left");
  CRAWLSPOOL_TRY_AS(const auto prefix, input_.prefix({}, state_.covered.bytes));
  if (prefix != state_.covered) return differs("its first " + bytes + " bytes, which were sent, have changed since");
  return {};
}

// A last line without its end was sent as a record: what follows may be its end, and nothing else.
Result<void> SessionKeeper::check_last_line() {
  lines_before_ = state_.line;
  if (state_.offset == 0) return {};
  const auto around = input_.read_at(state_.offset - 1, 3);
  if (!around) return tl::unexpected(around.error());
  if (around->starts_with('\n')) return {};
  const std::string_view behind = std::string_view(*around).substr(1);
  if (!behind.empty() && !behind.starts_with('\n') && behind != "\r" && behind != "\r\n")
    return differs("line " + std::to_string(state_.line) +
                   ", the last one sent, had no line end then and has been continued since");
  if (lines_before_ > 0) --lines_before_;  // the rest of it counts as the line
  return {};
}

void SessionKeeper::apply_to(client::SessionSettings& settings) const {
  settings.client = state_.client;
  settings.session = state_.session;
  settings.is_kept = true;
  settings.first_seq = state_.number + 1;
  settings.rejected_before = state_.rejected;
  settings.may_be_sent_before = state_.covered.bytes > state_.offset;
  settings.is_elsewhere = state_.server != server_;
}

Result<void> SessionKeeper::begin(RecordSource& source) const {
  CRAWLSPOOL_TRY_AS(auto fd, input_.duplicate());
  return source.begin_at(std::move(fd), state_.offset, lines_before_);
}

Result<void> SessionKeeper::cover(std::uint64_t end_offset) {
  if (end_offset <= state_.covered.bytes) return {};
  CRAWLSPOOL_TRY_AS(const auto size, input_.size());
  const std::uint64_t ahead = std::min(size, state_.covered.bytes + kCoverAheadBytes);
  CRAWLSPOOL_TRY_AS(const auto prefix, input_.prefix(state_.covered, std::max(end_offset, ahead)));
  state_.covered = prefix;
  prefixes_.push_back(prefix);
  return save();
}

void SessionKeeper::note(const client::SendSession::Acknowledged& acknowledged) {
  if (acknowledged.seq <= state_.number) return;
  state_.number = acknowledged.seq;
  state_.offset = acknowledged.place.end_offset;
  state_.line = acknowledged.place.line;
  state_.rejected = acknowledged.rejected;
}

Result<void> SessionKeeper::keep(const client::SendSession::Acknowledged& acknowledged, std::int64_t now_us) {
  state_.server = server_;
  if (now_us - saved_us_ < kSaveEveryUs) return {};
  saved_us_ = now_us;
  note(acknowledged);
  return save();
}

Result<void> SessionKeeper::finish(const client::SendSession::Acknowledged& acknowledged, SentBehind behind) {
  note(acknowledged);
  if (behind == SentBehind::kSomething) return save();
  const bool is_all = behind == SentBehind::kNothing;
  return uncover(is_all ? state_.offset : std::max(state_.offset, covered_before_)).and_then([this] { return save(); });
}

// Only the first `bytes` may have been sent.
Result<void> SessionKeeper::uncover(std::uint64_t bytes) {
  if (state_.covered.bytes <= bytes) return {};
  const auto is_longer = [](std::uint64_t value, const InputPrefix& prefix) { return value < prefix.bytes; };
  const auto longer = std::upper_bound(prefixes_.begin(), prefixes_.end(), bytes, is_longer);
  const auto prefix = input_.prefix(*std::prev(longer), bytes);
  if (prefix) state_.covered = *prefix;
  return prefix.map([](const InputPrefix&) {});
}

Result<void> SessionKeeper::save() {
  if (state_ == saved_) return {};
  auto saved = file_->save(state_);
  if (saved) saved_ = state_;
  return saved;
}

}  // namespace crawlspool::cli
