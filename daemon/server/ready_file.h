// Owns the file that shows scripts and tests that everything listens, and where.
#pragma once

#include <string>

#include "daemon/admin/server_facts.h"
#include "daemon/base/error.h"

namespace crawlspool::server {

// {"pid":…,"stream":["127.0.0.1:41234"],"http":["unix:///run/http.sock"],…}, a member for each input: written beside
// and renamed, so that whoever sees it sees it whole. Removed when this object goes.
class ReadyFile {
 public:
  [[nodiscard]] static base::Result<ReadyFile> write(const std::string& path, const admin::Addresses& addresses);
  ReadyFile(ReadyFile&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  ReadyFile& operator=(ReadyFile&&) = delete;
  ~ReadyFile();

 private:
  explicit ReadyFile(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace crawlspool::server
