#include "config/model.h"

namespace crawlspool::config {

Listen default_listen() {
  Listen listen;
  for (const proto::Input input : proto::kAllInputs)
    if (const std::string_view url = info(input).default_url; !url.empty()) listen[input].emplace_back(url);
  return listen;
}

std::string_view listen_key(proto::Input input) {
  static const auto keys = [] {
    proto::PerInput<std::string> all;
    for (const proto::Input one : proto::kAllInputs) all[one] = "listen." + std::string(word(one));
    return all;
  }();
  return keys[input];
}

}  // namespace crawlspool::config
