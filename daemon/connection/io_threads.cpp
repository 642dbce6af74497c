#include "daemon/connection/io_threads.h"

#include <algorithm>

#include "daemon/base/thread.h"

namespace crawlspool::connection {
namespace {

// One loop keeps a disk busy on small machines; beyond that, half of the cores: the committer and the kernel want some.
unsigned sensible_count() { return std::clamp(std::thread::hardware_concurrency() / 2, 1U, 16U); }

}  // namespace

IoThreads::IoThreads(const connection::Shared& shared, const connection::ConfigPtr& config) {
  const unsigned count = config->io_threads > 0 ? config->io_threads : sensible_count();
  for (unsigned i = 0; i < count; ++i) loops_.push_back(std::make_unique<connection::IoLoop>(shared, config));
}

IoThreads::~IoThreads() {
  if (!threads_.empty()) stop();
  join();
}

connection::IoLoop& IoThreads::least_busy() {
  return **std::min_element(loops_.begin(), loops_.end(),
                            [](const auto& a, const auto& b) { return a->sources().count() < b->sources().count(); });
}

base::Result<void> IoThreads::start() {
  for (std::size_t i = 1; i < loops_.size(); ++i) {
    CRAWLSPOOL_TRY_AS(auto thread, base::start_thread([loop = loops_[i].get()] { loop->run(); }));
    threads_.push_back(std::move(thread));
  }
  return {};
}

void IoThreads::run() {
  first().run();
  join();
}

void IoThreads::join() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void IoThreads::stop() {
  on_each([](connection::IoLoop& loop) { loop.stop(); });
}

std::vector<net::Mailbox*> IoThreads::mailboxes() {
  std::vector<net::Mailbox*> all;
  for (const auto& loop : loops_) all.push_back(&loop->mailbox());
  return all;
}

void IoThreads::on_each(const std::function<void(connection::IoLoop&)>& action) {
  for (const auto& loop : loops_) loop->mailbox().post([action, loop = loop.get()] { action(*loop); });
}

std::function<void()> IoThreads::once_for_each(std::function<void()> on_all) {
  return [this, left = std::make_shared<std::size_t>(loops_.size()), on_all = std::move(on_all)] {
    first().mailbox().post([left, on_all] {
      if (--*left == 0) on_all();
    });
  };
}

void IoThreads::set_config(const connection::ConfigPtr& config, const std::function<void()>& on_all) {
  const std::function<void()> done = once_for_each(on_all);
  on_each([config, done](connection::IoLoop& loop) {
    loop.set_config(config);
    done();
  });
}

void IoThreads::drain(const std::function<void()>& on_drained) {
  on_each([done = once_for_each(on_drained)](connection::IoLoop& loop) { loop.drain(done); });
}

}  // namespace crawlspool::connection
