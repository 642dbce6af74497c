#include "daemon/server/ready_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

namespace crawlspool::server {

base::Result<ReadyFile> ReadyFile::write(const std::string& path, const admin::Addresses& addresses) {
  nlohmann::ordered_json content{{"pid", ::getpid()}};
  for (const proto::Input input : proto::kAllInputs) {
    auto& all = content[std::string(word(input))] = nlohmann::ordered_json::array();
    for (const base::Endpoint& at : addresses[input]) all.push_back(at.to_string());
  }
  const std::string beside = path + ".tmp";
  std::ofstream file(beside, std::ios::trunc);
  file << content.dump() << '\n';
  file.close();
  if (!file || std::rename(beside.c_str(), path.c_str()) != 0) return base::fail_errno("ready file " + path, errno);
  return ReadyFile(path);
}

ReadyFile::~ReadyFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

}  // namespace crawlspool::server
