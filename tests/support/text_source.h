// A text as something that can be read from, and that may grow or fail between two reads.
#pragma once

#include <cerrno>
#include <string>

#include "daemon/spool/storage/file_system.h"

namespace crawlspool::test {

class TextSource final : public spool::ByteSource {
 public:
  explicit TextSource(std::string text = {}) : content(std::move(text)) {}

  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    if (fails) return base::fail_errno("read", EIO);
    return offset < content.size() ? content.copy(into.data(), into.size(), offset) : 0;
  }
  base::Result<std::uint64_t> size() override { return content.size(); }

  std::string content;
  bool fails = false;
};

}  // namespace crawlspool::test
