#include "daemon/ingest/reject_ledger.h"

#include <algorithm>
#include <utility>

namespace crawlspool::ingest {
namespace {

// None of the parts holds a line break.
std::string key_of(const RejectRow& row) {
  std::string key(proto::word(row.code));
  for (const std::string* part : {&row.client, &row.stream, &row.address}) key.append(1, '\n').append(*part);
  return key;
}

}  // namespace

void RejectLedger::note(RejectRow one) {
  std::string key = key_of(one);
  const auto known = rows_.find(key);
  one.count = 1;
  one.first_us = one.last_us;
  if (known == rows_.end()) {
    make_room();
    rows_.emplace(std::move(key), std::move(one));
    return;
  }
  one.count += known->second.count;
  one.first_us = known->second.first_us;
  known->second = std::move(one);
}

void RejectLedger::make_room() {
  if (rows_.size() < kRowsMax) return;
  rows_.erase(std::min_element(rows_.begin(), rows_.end(),
                               [](const auto& a, const auto& b) { return a.second.last_us < b.second.last_us; }));
}

std::vector<RejectRow> RejectLedger::since(std::int64_t wall_us) const {
  std::vector<RejectRow> found;
  for (const auto& [key, row] : rows_)
    if (row.last_us >= wall_us) found.push_back(row);
  return found;
}

}  // namespace crawlspool::ingest
