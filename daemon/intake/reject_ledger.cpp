#include "daemon/intake/reject_ledger.h"

#include <algorithm>
#include <utility>

namespace crawlspool::intake {
namespace {

// None of the parts holds a line break.
std::string key_of(const NotedReject& one) {
  std::string key(proto::word(one.code));
  for (const std::string_view part : {one.client, one.stream, one.address}) key.append(1, '\n').append(part);
  return key;
}

bool is_row_of(const RejectRow& row, const NotedReject& one) {
  return row.client == one.client && row.stream == one.stream && row.address == one.address;
}

}  // namespace

void RejectLedger::note(const NotedReject& one) {
  RejectRow& row = row_of(one);
  if (row.count++ == 0) row.first_us = one.wall_us;
  row.last_us = one.wall_us;
  row.via = one.via;
  row.detail = one.detail;
  row.offset = one.offset;
  row.seq = one.seq;
}

RejectRow& RejectLedger::row_of(const NotedReject& one) {
  RejectRow*& newest = newest_[static_cast<std::size_t>(one.code)];
  if (newest != nullptr && is_row_of(*newest, one)) return *newest;
  std::string key = key_of(one);
  auto known = rows_.find(key);
  if (known == rows_.end()) {
    make_room();
    RejectRow row;
    row.client = one.client;
    row.stream = one.stream;
    row.address = one.address;
    row.code = one.code;
    known = rows_.emplace(std::move(key), std::move(row)).first;
  }
  newest = &known->second;
  return *newest;
}

void RejectLedger::make_room() {
  if (rows_.size() < kRowsMax) return;
  const auto oldest = std::min_element(
      rows_.begin(), rows_.end(), [](const auto& a, const auto& b) { return a.second.last_us < b.second.last_us; });
  std::replace(newest_.begin(), newest_.end(), &oldest->second, static_cast<RejectRow*>(nullptr));
  rows_.erase(oldest);
}

std::vector<RejectRow> RejectLedger::since(std::int64_t wall_us) const {
  std::vector<RejectRow> found;
  for (const auto& [key, row] : rows_)
    if (row.last_us >= wall_us) found.push_back(row);
  return found;
}

}  // namespace crawlspool::intake
