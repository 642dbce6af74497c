#include "daemon/server/ready_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

namespace crawlspool::server {

base::Result<ReadyFile> ReadyFile::write(const std::string& path, const admin::Addresses& addresses) {
  const nlohmann::ordered_json content{
      {"pid", ::getpid()}, {"stream", addresses.stream}, {"http", addresses.http}, {"admin", addresses.admin}};
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
