#include "cli/common/ask_admin.h"

#include "cli/common/http_get.h"

namespace crawlspool::cli {
namespace {

constexpr unsigned kMisdirected = 421;  // it knows no such name of its own

base::Result<std::string> wrong_listener(const Address& server, const std::string& what) {
  return base::fail(base::ErrorCode::kIo, server.to_string() + " is a crawlspoold's " + what +
                                              ", not its admin listener, which is http://HOST:8942 unless "
                                              "listen.admin says otherwise; name it with --admin");
}

}  // namespace

base::Result<std::string> ask_admin(const Address& server, const std::string& path, int timeout_ms) {
  CRAWLSPOOL_TRY_AS(auto answer, http_get(server, path, timeout_ms));
  if (answer.status == 200) return std::move(answer.body);
  if (answer.status == 0) return wrong_listener(server, "stream listener");
  if (answer.body.find("/v1/records") != std::string::npos) return wrong_listener(server, "HTTP listener for records");
  if (answer.status == kMisdirected)
    return base::fail(base::ErrorCode::kIo, "the daemon at " + server.to_string() + " is not asked by the name " +
                                                server.host + " (421): list it in admin.hosts of its " +
                                                "crawlspoold.yaml, or ask by an address");
  return base::fail(base::ErrorCode::kIo, "http://" + server.to_string() + path + " answers " +
                                              std::to_string(answer.status) +
                                              "; is it a crawlspoold's admin listener?");
}

}  // namespace crawlspool::cli
