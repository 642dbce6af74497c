#include "daemon/server/reload.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "config/changes.h"
#include "daemon/base/log.h"
#include "daemon/base/thread.h"

namespace crawlspool::server {
namespace {

using ConfigResult = base::Result<config::Config>;

// Returns how many take effect now.
std::size_t log_changes(const std::vector<config::Change>& changes) {
  std::size_t live = 0;
  for (const config::Change& change : changes) {
    if (change.needs_restart) {
      base::log_warn("reload_needs_restart", {{"key", change.key}, {"running", change.before}, {"file", change.after}});
      continue;
    }
    base::log_info("config_changed", {{"key", change.key}, {"old", change.before}, {"new", change.after}});
    ++live;
  }
  return live;
}

// Makes one line for the log of what the loader says in several.
std::string in_one_line(std::string text) {
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos;) text.replace(at, 1, "; ");
  return text;
}

}  // namespace

struct Reload::Delivery {
  std::mutex mutex;
  Reload* to = nullptr;  // nobody, once that is gone
  bool is_reading = false;
};

Reload::Reload(net::Mailbox& mailbox, const base::Clock& clock, connection::ConfigPtr start, Hooks hooks)
    : mailbox_(mailbox),
      clock_(clock),
      in_force_(std::move(start)),
      hooks_(std::move(hooks)),
      delivery_(std::make_shared<Delivery>()) {
  delivery_->to = this;
}

Reload::~Reload() {
  const std::lock_guard lock(delivery_->mutex);
  delivery_->to = nullptr;
}

bool Reload::is_reading() const {
  const std::lock_guard lock(delivery_->mutex);
  return delivery_->is_reading;
}

void Reload::request() {
  if (under_way_)
    again_ = true;
  else
    begin();
}

void Reload::begin() {
  under_way_ = true;
  hooks_.on_begin();
  delivery_->is_reading = true;  // by nobody yet
  auto reader = base::start_thread([load = hooks_.load, delivery = delivery_] { read(load, *delivery); });
  if (reader) return reader->detach();
  delivery_->is_reading = false;
  state_.tried_us = clock_.wall_us();
  fail(reader.error());
}

// Runs on the reader's thread.
void Reload::read(const Load& load, Delivery& delivery) {
  const ConfigResult config = load();
  const std::lock_guard lock(delivery.mutex);
  delivery.is_reading = false;
  if (Reload* const to = delivery.to) to->mailbox_.post([to, config] { to->loaded(config); });
}

void Reload::loaded(const ConfigResult& config) {
  state_.tried_us = clock_.wall_us();
  if (!config) return fail(config.error());
  put_in_force(*config);
}

void Reload::fail(const base::Error& error) {
  state_.error = in_one_line(error.message());
  base::log_error("reload_failed", {{"detail", state_.error}, {"generation", state_.generation}});
  end();
}

void Reload::put_in_force(const config::Config& config) {
  const auto changes = config::changes(*in_force_, config);
  base::set_log_level(std::min(in_force_->log.level, config.log.level));  // the changes are logged if either wants it
  const std::size_t live = log_changes(changes);
  state_.error.clear();
  ++state_.generation;
  in_force_ = std::make_shared<const config::Config>(config::keep_until_restart(*in_force_, config));
  hooks_.apply(in_force_, [this, live, waiting = changes.size() - live] {
    base::log_info("reloaded", {{"generation", state_.generation}, {"changed", live}, {"needs_restart", waiting}});
    end();
  });
}

void Reload::end() {
  under_way_ = false;
  hooks_.on_end();
  if (std::exchange(again_, false)) begin();
}

}  // namespace crawlspool::server
