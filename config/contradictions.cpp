#include "config/contradictions.h"

#include <map>

#include "config/units.h"
#include "daemon/base/endpoint.h"

namespace crawlspool::config {
namespace {

// Whole frames must always move: one is being read while another's lines wait for the disk.
void check_memory(const Limits& limits, std::vector<Contradiction>& out) {
  const auto check = [&](std::string_view frame, std::uint64_t bytes) {
    if (limits.memory_bytes_max >= 2 * bytes) return;
    out.push_back({"limits.memory_bytes_max", frame,
                   format_size(limits.memory_bytes_max) + " is under twice " + std::string(frame) + " (" +
                       format_size(bytes) + ")"});
  };
  check("limits.batch_bytes_max", limits.batch_bytes_max);
  check("limits.record_bytes_max", limits.record_bytes_max);
}

void check_not_deaf(const Listen& listen, std::vector<Contradiction>& out) {
  if (!listen.stream.empty() || !listen.http.empty()) return;
  out.push_back({"listen.stream", "listen.http", "is empty, and so is listen.http: nothing could take records"});
}

// One address serves one purpose, once; port 0 is a different port each time.
void check_distinct(const Listen& listen, std::vector<Contradiction>& out) {
  std::map<std::string, std::string_view> owners;
  const auto check = [&](std::string_view key, const std::vector<std::string>& urls) {
    for (const std::string& url : urls) {
      const auto endpoint = base::Endpoint::parse(url);
      if (!endpoint || endpoint->to_string().ends_with(":0")) continue;
      const auto [owner, is_new] = owners.emplace(endpoint->to_string(), key);
      if (!is_new) out.push_back({key, owner->second, in_quotes(url) + " is already in " + std::string(owner->second)});
    }
  };
  check("listen.stream", listen.stream);
  check("listen.http", listen.http);
  check("listen.admin", listen.admin);
}

}  // namespace

std::vector<Contradiction> contradictions(const Config& config) {
  std::vector<Contradiction> out;
  check_not_deaf(config.listen, out);
  check_distinct(config.listen, out);
  check_memory(config.limits, out);
  return out;
}

}  // namespace crawlspool::config
