#include "daemon/base/error.h"

#include <cerrno>
#include <system_error>

namespace crawlspool::base {

std::string Error::message() const {
  if (errno_value == 0) return context;
  return context + ": " + std::generic_category().message(errno_value);
}

tl::unexpected<Error> fail_errno(std::string context, int errno_value) {
  switch (errno_value) {
    case EACCES:
    case EPERM:
      return fail(ErrorCode::kPermission, std::move(context), errno_value);
    case ENOSPC:
    case EDQUOT:
      return fail(ErrorCode::kDiskFull, std::move(context), errno_value);
    case EMFILE:
    case ENFILE:
      return fail(ErrorCode::kExhausted, std::move(context), errno_value);
    case ENOENT:
      return fail(ErrorCode::kNotFound, std::move(context), errno_value);
    default:
      return fail(ErrorCode::kIo, std::move(context), errno_value);
  }
}

int daemon_exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
      return kExitUsage;
    case ErrorCode::kConfig:
      return kExitConfig;
    case ErrorCode::kLocked:
      return kExitLocked;
    case ErrorCode::kPermission:
      return kExitPermission;
    case ErrorCode::kIo:
    case ErrorCode::kDiskFull:
    case ErrorCode::kExhausted:
    case ErrorCode::kNotFound:
    case ErrorCode::kDamaged:
      return kExitIo;
  }
  return kExitBug;
}

}  // namespace crawlspool::base
