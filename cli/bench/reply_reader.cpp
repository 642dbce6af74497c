#include "cli/bench/reply_reader.h"

#include "cli/bench/http_replies.h"
#include "cli/bench/redis_replies.h"
#include "cli/bench/stream_replies.h"

namespace crawlspool::bench {

std::unique_ptr<ReplyReader> make_reply_reader(Transport transport, AckLevel level) {
  switch (transport) {
    case Transport::kHttp:
      return std::make_unique<HttpReplies>();
    case Transport::kStream:
      return std::make_unique<StreamReplies>(level);
    case Transport::kRedis:
      return std::make_unique<RedisReplies>(level);
  }
  return nullptr;
}

}  // namespace crawlspool::bench
