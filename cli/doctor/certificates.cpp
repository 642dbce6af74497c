#include <algorithm>
#include <charconv>
#include <set>

#include "cli/common/ask_admin.h"
#include "cli/common/tls.h"
#include "cli/doctor/checks.h"
#include "config/listener.h"
#include "daemon/base/clock.h"

namespace crawlspool::cli {
namespace {

constexpr int kTimeoutMs = 5000;
constexpr std::int64_t kDayS = 24 * 60 * 60;
constexpr std::int64_t kWarnedOfS = 14 * kDayS;
constexpr std::size_t kDateBytes = 10;
constexpr const char* kRenew =
    "replace tls.certificate and tls.key by renewed ones, then systemctl reload crawlspoold (OPERATIONS.md, TLS)";

std::int64_t now_s() { return base::SystemClock().wall_us() / 1'000'000; }

std::string date(std::int64_t wall_s) { return base::format_timestamp(wall_s * 1'000'000).substr(0, kDateBytes); }

// Returns the files of all entries that speak TLS.
std::set<std::string> certificate_files(const config::Config& config) {
  std::set<std::string> files;
  for (const proto::Input input : proto::kAllInputs)
    for (const std::string& url : config.listen[input])
      if (const auto listener = config::parse_listener(input, url); listener && listener->at.is_tls())
        files.insert(tls_of(config.tls, listener->settings).certificate);
  return files;
}

}  // namespace

Finding judge_certificate(const std::string& whose, std::int64_t not_after_s, std::int64_t at_s) {
  const std::string name = "certificate of " + whose;
  const std::int64_t days = (not_after_s - at_s) / kDayS;
  if (not_after_s <= at_s) return trouble(name, "ended on " + date(not_after_s) + ": clients refuse it", kRenew);
  const std::string detail = "ends on " + date(not_after_s);
  if (not_after_s - at_s > kWarnedOfS) return ok(name, detail);
  return note(name, detail + ", in " + (days == 1 ? "1 day" : std::to_string(days) + " days"), kRenew);
}

Findings judge_served_certificates(const std::string& metrics, std::int64_t at_s) {
  constexpr std::string_view kSample = "\ncrawlspool_tls_certificate_not_after_seconds{address=\"";
  Findings findings;
  for (std::size_t at = metrics.find(kSample); at != std::string::npos; at = metrics.find(kSample, at)) {
    at += kSample.size();
    const std::string_view rest = std::string_view(metrics).substr(at);
    const std::size_t end = std::min(rest.find("\"} "), rest.size());
    std::int64_t not_after_s = 0;
    const std::string_view value = rest.substr(std::min(end + 3, rest.size()));
    if (std::from_chars(value.data(), value.data() + value.size(), not_after_s).ec != std::errc{}) continue;
    findings.push_back(judge_certificate(std::string(rest.substr(0, end)), not_after_s, at_s));
  }
  return findings;
}

Findings check_certificates(const config::Config& config, const std::optional<Address>& answers) {
  if (answers) {
    const auto metrics = ask_admin(*answers, "/metrics", kTimeoutMs);
    if (metrics) return judge_served_certificates(*metrics, now_s());
  }
  Findings findings;
  for (const std::string& file : certificate_files(config)) {
    const auto not_after_s = certificate_end_s(file);
    findings.push_back(not_after_s ? judge_certificate(file, *not_after_s, now_s())
                                   : note("certificate of " + file, not_after_s.error().message(), "run this as root"));
  }
  return findings;
}

}  // namespace crawlspool::cli
