#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/common/ask_admin.h"
#include "cli/common/channel.h"
#include "cli/common/defaults.h"
#include "cli/common/human.h"
#include "cli/doctor/checks.h"
#include "config/listener.h"
#include "daemon/base/version.h"

namespace crawlspool::cli {
namespace {

using nlohmann::json;

constexpr int kTimeoutMs = 5000;
constexpr double kSlowAckMs = 1000;
constexpr const char* kLookAtLog = "journalctl -u crawlspoold -p warning says why";

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

Finding judge_state(const std::string& state, const std::string& who) {
  static const std::map<std::string, std::string> remedies{
      {"slow", "it takes in more than the disk takes: see ack_p99_ms in crawlspool top, and the disk"},
      {"disk_full", "OPERATIONS.md, Disk full"},
      {"no_descriptors", "OPERATIONS.md, No descriptors"},
      {"failed", "OPERATIONS.md, Spool error"}};
  const std::string detail = state + "; " + who;
  if (state == "ok") return ok("daemon", detail);
  if (state == "draining") return note("daemon", detail, "it is being stopped; wait, and look again");
  const auto remedy = remedies.find(state);
  return trouble("daemon", detail, remedy != remedies.end() ? remedy->second : kLookAtLog);
}

std::uint64_t number(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

Finding check_ready(const Address& admin) {
  const auto answer = http_get(admin, "/readyz", kTimeoutMs);
  if (!answer) return trouble("readiness", answer.error().message(), kLookAtLog);
  if (answer->status != 200) return trouble("readiness", "/readyz says " + answer->body, kLookAtLog);
  return ok("readiness", "a write was synced to the disk just now");
}

std::string process_directory(std::uint64_t pid) { return "/proc/" + std::to_string(pid); }

// Returns whether the process is the daemon, in this PID namespace.
bool is_seen(std::uint64_t pid) { return read_file(process_directory(pid) + "/comm") == "crawlspoold\n"; }

Finding check_open_files(std::uint64_t pid, const config::Limits& limits) {
  if (!is_seen(pid)) return note("open files", "the daemon's process cannot be seen from here", "run this beside it");
  return judge_open_files(read_file(process_directory(pid) + "/limits"), limits.connections_max);
}

bool read(const json& object, const std::string& key, std::uint64_t& value) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_unsigned()) return false;
  value = found->get<std::uint64_t>();
  return true;
}

// An input that a daemon does not know has no listeners.
bool read(const json& object, const std::string& key, std::vector<std::string>& values) {
  if (!object.is_object() || object.empty()) return false;
  values.clear();
  const auto found = object.find(key);
  if (found == object.end()) return true;
  if (!found->is_array()) return false;
  for (const json& value : *found)
    if (value.is_string()) values.push_back(value.get<std::string>());
  return true;
}

json member(const json& object, const char* key) {
  const json found = object.is_object() ? object.value(key, json()) : json();
  return found.is_object() ? found : json::object();
}

Finding check_port(const std::string& url, const std::string& key, const config::Config& config, bool daemon_answers) {
  const std::string name = "port " + url;
  const auto address = local_listener(url, config);
  if (!address) return trouble(name, address.error().message(), "fix " + key);
  const bool is_open = dial(*address).has_value();
  if (is_open && !daemon_answers)
    return trouble(name, "something listens there, and no daemon answers at the admin listener",
                   address->unix_socket ? "ss -lxp shows who has it"
                                        : "ss -ltnp 'sport = :" + address->port + "' shows who has it");
  if (!is_open && daemon_answers)
    return trouble(name, "nothing listens there, though " + key + " says so",
                   "restart the daemon; ss -ltnxp shows where it listens");
  if (!is_open) return ok(name, "closed, as no daemon runs");
  const bool is_checked = address->tls && ::access(address->tls->own_certificate.c_str(), R_OK) == 0;
  if (!is_checked) return ok(name, "open");
  if (const auto channel = Channel::open(*address, kTimeoutMs); !channel)
    return trouble(name, channel.error().message(),
                   "openssl s_client -connect " + address->to_string() + " shows more");
  return ok(name, "open, with the certificate of " + address->tls->own_certificate);
}

bool has_fixed_port(proto::Input input, const std::string& url) {
  const auto listener = config::parse_listener(input, url);
  return !listener || !config::has_any_port(listener->at);
}

void check_ports(const config::Config& config, DaemonVisit& visit) {
  for (const proto::Input input : proto::kAllInputs)
    if (brings_records(input) && has_connections(input))
      for (const std::string& url : config.listen[input])
        if (has_fixed_port(input, url))
          visit.findings.push_back(check_port(url, std::string(config::listen_key(input)), config, visit.answers));
}

}  // namespace

Findings judge_status(const std::string& body) {
  const json status = json::parse(body, nullptr, false);
  if (!status.is_object() || !status.contains("state") || !status["state"].is_string())
    return {trouble("daemon", "the answer to /status is not a daemon's", "is --admin the admin listener?")};
  const json named = status.value("version", json());
  const std::string version = named.is_string() ? named.get<std::string>() : "?";
  const std::string who = "version " + version + ", pid " + std::to_string(number(status, "pid")) + ", up " +
                          human_seconds(number(status, "uptime_s"));
  Findings findings{judge_state(status["state"].get<std::string>(), who)};
  if (version != kVersion)
    findings.push_back(note("version", std::string("this command is ") + kVersion, "restart the daemon to upgrade it"));
  if (const json& p99 = status.value("ack_p99_ms", json(0)); p99.is_number() && p99.get<double>() > kSlowAckMs)
    findings.push_back(note("acks", "one in a hundred takes over " + fixed(p99.get<double>(), 0) + " ms",
                            "the disk is slow or busy: iostat -x 1"));
  if (const auto lines = number(status, "log_lines_dropped"); lines > 0)
    findings.push_back(note("log", counted(lines, "line") + " dropped: they came faster than they could be written",
                            "a higher log.level, or a faster place for log.destination"));
  if (const auto refused = number(status, "connections_refused"); refused > 0)
    findings.push_back(note("limits", counted(refused, "connection") + " refused over a limit since the start",
                            "conn_refused in the log says which; OPERATIONS.md, Too many connections"));
  const json spool = status.value("spool", json::object());
  if (const auto failed = spool.is_object() ? number(spool, "compression_failed") : 0; failed > 0)
    findings.push_back(note("compression", counted(failed, "attempt") + " to compress a segment failed",
                            "compression_failed in the log says why; the segments stay plain"));
  return findings;
}

Finding judge_open_files(const std::string& limits_file, std::uint64_t connections_max) {
  constexpr std::string_view kRow = "Max open files";
  const std::size_t row = limits_file.find(kRow);
  std::istringstream values(row == std::string::npos ? "" : limits_file.substr(row + kRow.size()));
  std::uint64_t soft = 0;
  if (!(values >> soft)) return note("open files", "the daemon's limit cannot be read", "run this as root");
  const std::uint64_t wanted = connections_max + config::kOwnDescriptors;
  const std::string detail = std::to_string(soft) + " may be open";
  if (connections_max == 0)
    return note("open files", detail + "; connections are not limited", "set limits.connections_max");
  if (soft >= wanted) return ok("open files", detail + ", " + std::to_string(wanted) + " are wanted");
  return trouble("open files",
                 detail + ", and limits.connections_max of " + std::to_string(connections_max) + " wants " +
                     std::to_string(wanted),
                 "raise LimitNOFILE= (systemctl edit crawlspoold), or lower limits.connections_max");
}

bool take_settings(const std::string& body, config::Config& config) {
  config::Config said = config;
  const json status = json::parse(body, nullptr, false);
  const json spool = member(status, "spool");
  const json limits = member(status, "limits");
  const json listen = member(status, "listen");
  const json directory = spool.value("directory", json());
  if (!status.is_object() || !directory.is_string()) return false;
  said.spool.directory = directory.get<std::string>();
  const bool is_all = read(spool, "keep_free_bytes", said.spool.keep_free_bytes) &&
                      read(spool, "segment_bytes_max", said.spool.segment_bytes_max) &&
                      read(limits, "connections_max", said.limits.connections_max) &&
                      read(status, "memory_bytes_max", said.limits.memory_bytes_max) &&
                      std::all_of(proto::kAllInputs.begin(), proto::kAllInputs.end(), [&](proto::Input input) {
                        return read(listen, std::string(word(input)), said.listen[input]);
                      });
  if (is_all) config = std::move(said);
  return is_all;
}

DaemonVisit check_daemon(const Address& admin, const config::Config& config, const std::string& named) {
  DaemonVisit visit;
  visit.config = config;
  const auto answer = ask_admin(admin, "/status", kTimeoutMs);
  visit.answers = answer.has_value();
  if (!visit.answers) {
    visit.findings.push_back(
        trouble("daemon", answer.error().message(),
                "systemctl status crawlspoold shows whether it runs; if elsewhere, say where with --admin or -c"));
    visit.findings.push_back(ok("settings", named + ", as no daemon answers"));
    check_ports(config, visit);
    return visit;
  }
  visit.findings = judge_status(*answer);
  visit.findings.push_back(check_ready(admin));
  const bool says = take_settings(*answer, visit.config);
  visit.findings.push_back(
      says ? ok("settings", "those of the daemon at " + admin.url("http"))
           : note("settings", named + ", as the daemon does not say its own", "restart the daemon to upgrade it"));
  const json status = json::parse(*answer, nullptr, false);
  const std::uint64_t pid = status.is_object() ? number(status, "pid") : 0;
  visit.is_here = is_seen(pid);
  visit.findings.push_back(check_open_files(pid, visit.config.limits));
  check_ports(visit.config, visit);
  return visit;
}

}  // namespace crawlspool::cli
