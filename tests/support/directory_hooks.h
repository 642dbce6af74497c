// A directory in which something happens between two calls: before a file is opened or removed, or within a listing.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/spool/storage/file_system.h"

namespace crawlspool::test {

class HookedDirectory final : public spool::Directory {
 public:
  explicit HookedDirectory(spool::Directory& real) : real_(real) {}

  std::function<void(const std::string& name)> before_open = [](const std::string&) {};
  std::function<void(const std::string& name)> before_remove = [](const std::string&) {};
  std::function<void(std::vector<spool::DirectoryEntry>&)> after_list = [](auto&) {};

  base::Result<std::unique_ptr<spool::File>> open(const std::string& name, spool::OpenMode mode) override {
    before_open(name);
    return real_.open(name, mode);
  }
  base::Result<std::unique_ptr<spool::Directory>> open_directory(const std::string& name,
                                                                 spool::Access access) override {
    return real_.open_directory(name, access);
  }
  base::Result<std::vector<spool::DirectoryEntry>> list() override {
    auto entries = real_.list();
    if (entries) after_list(*entries);
    return entries;
  }
  base::Result<void> rename(const std::string& from, const std::string& to) override { return real_.rename(from, to); }
  base::Result<void> remove(const std::string& name) override {
    before_remove(name);
    return real_.remove(name);
  }
  base::Result<void> link_to(const std::string& target, const std::string& name) override {
    return real_.link_to(target, name);
  }
  base::Result<void> sync() override { return real_.sync(); }
  base::Result<std::uint64_t> free_bytes() override { return real_.free_bytes(); }
  base::Result<void> lock(const std::string& name, std::string_view holder) override {
    return real_.lock(name, holder);
  }
  base::Result<void> check_claim() override { return real_.check_claim(); }
  [[nodiscard]] std::string path() const override { return real_.path(); }

 private:
  spool::Directory& real_;
};

}  // namespace crawlspool::test
