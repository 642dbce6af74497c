#include "cli/bench/requests.h"

#include <algorithm>

#include "clients/cpp/batch_compressor.h"
#include "daemon/base/check.h"
#include "proto/frame.h"

namespace crawlspool::bench {
namespace {

using proto::FrameType;

constexpr std::size_t kBatchBytesMax = 1024 * 1024;  // a larger record is a batch of its own

std::string frame(FrameType type, std::string_view payload) {
  std::string request;
  proto::append_frame(request, type, payload);
  return request;
}

std::string http_post(const std::string& host, Mode mode, std::string_view body) {
  const bool is_ndjson = mode == Mode::kHttpNdjson;
  std::string request = "POST /v1/records HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: ";
  request += is_ndjson ? "application/x-ndjson" : "application/json";
  request += "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  if (mode == Mode::kHttpClose) request += "Connection: close\r\n";
  request += "\r\n";
  return request += body;
}

std::string redis_xadd(std::string_view record) {
  std::string request = "*5\r\n$4\r\nXADD\r\n$7\r\nrecords\r\n$1\r\n*\r\n$1\r\nr\r\n$" + std::to_string(record.size());
  request += "\r\n";
  request += record;
  return request += "\r\n";
}

// Makes a request of its content: the record, or a batch of them with a \n each.
std::string wrap(Mode mode, const RequestOptions& options, std::string_view content,
                 client::BatchCompressor& compressor) {
  switch (mode) {
    case Mode::kHttpClose:
    case Mode::kHttpKeepAlive:
    case Mode::kHttpNdjson:
      return http_post(options.http_host, mode, content);
    case Mode::kOneAtATime:
    case Mode::kPipelined:
      return frame(FrameType::kRecord, content);
    case Mode::kBatches:
      return frame(FrameType::kBatch, content);
    case Mode::kZstdBatches:
      return frame(FrameType::kZstdBatch, compressor.compress(content));
    case Mode::kRedisOneAtATime:
    case Mode::kRedisPipelined:
      return redis_xadd(content);
  }
  return {};
}

}  // namespace

void Requests::add(std::string_view request, std::uint64_t records, std::uint64_t record_bytes) {
  const End before = ends_.empty() ? End{} : ends_.back();
  text_ += request;
  ends_.push_back({text_.size(), before.records + records, before.record_bytes + record_bytes});
}

Requests::Run Requests::run_from(std::size_t first, std::size_t bytes_max, std::uint64_t records_max) const {
  CRAWLSPOOL_CHECK(first < ends_.size());
  const End before = first == 0 ? End{} : ends_[first - 1];
  const auto begin = ends_.begin() + static_cast<std::ptrdiff_t>(first) + 1;
  const auto end = std::partition_point(begin, ends_.end(), [&](const End& e) {
    return e.bytes - before.bytes <= bytes_max && e.records - before.records <= records_max;
  });
  const End last = *(end - 1);
  return {std::string_view(text_).substr(before.bytes, last.bytes - before.bytes),
          static_cast<std::size_t>(end - begin) + 1, last.records - before.records,
          last.record_bytes - before.record_bytes};
}

Requests make_requests(Mode mode, const Records& records, const RequestOptions& options) {
  Requests requests;
  client::BatchCompressor compressor;
  if (!info(mode).is_batched) {
    for (const std::string& text : records.texts) requests.add(wrap(mode, options, text, compressor), 1, text.size());
    return requests;
  }
  std::string batch;
  std::uint64_t count = 0;
  const auto finish = [&] {
    if (count > 0) requests.add(wrap(mode, options, batch, compressor), count, batch.size() - count);
    batch.clear();
    count = 0;
  };
  for (const std::string& text : records.texts) {
    if (count == options.batch_records || batch.size() + text.size() >= kBatchBytesMax) finish();
    batch += text;
    batch += '\n';
    ++count;
  }
  finish();
  return requests;
}

}  // namespace crawlspool::bench
