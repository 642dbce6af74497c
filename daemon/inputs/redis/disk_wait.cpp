#include "daemon/inputs/redis/disk_wait.h"

#include "daemon/inputs/redis/resp_replies.h"

namespace crawlspool::redis {

std::string DiskWait::error() const {
  const bool has_no_descriptors = io_.shared().committer.state() == commit::SpoolState::kNoDescriptors;
  const auto reason = has_no_descriptors ? proto::SlowReason::kNoDescriptors : proto::SlowReason::kDiskFull;
  std::string text;
  append_refusal(text, proto::word(reason),
                 "the spool has taken nothing for timeouts.write; these items may be stored once it does: send them "
                 "again, and they may be there twice");
  return text;
}

}  // namespace crawlspool::redis
