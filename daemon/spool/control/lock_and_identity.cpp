#include "daemon/spool/control/lock_and_identity.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <random>

#include "daemon/spool/storage/layout.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using base::fail;
using base::Result;

constexpr std::size_t kIdentityBytesMax = 4096;

std::string random_id() {
  std::random_device source;  // the kernel's, in libstdc++
  std::string id;
  for (int i = 0; i < 4; ++i) {
    std::array<char, 9> word{};
    std::snprintf(word.data(), word.size(), "%08x", source());
    id += word.data();
  }
  return id;
}

}  // namespace

Result<std::string> read_spool_id(Directory& directory) {
  CRAWLSPOOL_TRY_AS(const auto text, read_small_file(directory, std::string(kIdentityName), kIdentityBytesMax));
  const std::string place = directory.path() + "/" + std::string(kIdentityName);
  const auto identity = nlohmann::json::parse(text, nullptr, false);
  if (!identity.is_object() || !identity.contains("format") || !identity["format"].is_number_unsigned() ||
      identity["format"] == 0 || !identity.contains("id") || !identity["id"].is_string())
    return fail(ErrorCode::kDamaged, place + " does not read as {\"format\":…,\"id\":…}");
  const auto format = identity["format"].get<std::uint64_t>();
  if (format > kFormatVersion)
    return fail(ErrorCode::kConfig, place + " has format " + std::to_string(format) + "; this version knows up to " +
                                        std::to_string(kFormatVersion));
  return identity["id"].get<std::string>();
}

Result<std::string> write_spool_id(Directory& directory, const base::Clock& clock,
                                   const std::optional<std::string>& given) {
  const std::string id = given ? *given : random_id();
  const nlohmann::ordered_json identity{
      {"format", kFormatVersion}, {"id", id}, {"created", base::format_timestamp(clock.wall_us())}};
  CRAWLSPOOL_TRY(replace_file(directory, std::string(kIdentityName), identity.dump() + "\n"));
  return id;
}

Result<std::string> claim_spool(Directory& directory, const base::Clock& clock) {
  auto id = read_spool_id(directory);
  if (!id && id.error().code != ErrorCode::kNotFound) return id;
  CRAWLSPOOL_TRY(directory.lock(std::string(kLockName), "crawlspoold, pid " + std::to_string(::getpid()) + "\n"));
  if (id) return id;
  // Another process may have made it before this one had the lock.
  id = read_spool_id(directory);
  return id || id.error().code != ErrorCode::kNotFound ? id : write_spool_id(directory, clock, std::nullopt);
}

}  // namespace crawlspool::spool
