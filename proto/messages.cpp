#include "proto/messages.h"

#include <charconv>

#include "daemon/base/text.h"
#include "proto/frame.h"

namespace crawlspool::proto {
namespace {

// Builds one message. Of a frame the header's place comes first, and is filled in once the length is known.
class MessageWriter {
 public:
  MessageWriter(std::string& out, Framing framing) : out_(out), start_(out.size()), framing_(framing) {
    if (framing_ == Framing::kFrames) out_.append(kFrameHeaderBytes, '\0');
  }
  ~MessageWriter() {
    if (framing_ == Framing::kLines) {
      out_ += '\n';
      return;
    }
    const auto header = encode_header(FrameType::kRecord, out_.size() - start_ - kFrameHeaderBytes);
    out_.replace(start_, kFrameHeaderBytes, header.data(), header.size());
  }
  MessageWriter(const MessageWriter&) = delete;
  MessageWriter& operator=(const MessageWriter&) = delete;

  MessageWriter& raw(std::string_view text) {
    out_ += text;
    return *this;
  }
  template <class Integer>
  MessageWriter& number(std::string_view key, Integer value) {
    out_ += key;
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    out_.append(digits, end);
    return *this;
  }
  MessageWriter& text(std::string_view key, std::string_view value) {
    out_ += key;
    out_ += '"';
    base::append_json_escaped(out_, base::clip(value, kDetailBytesMax));
    out_ += '"';
    return *this;
  }

 private:
  std::string& out_;
  std::size_t start_;
  Framing framing_;
};

}  // namespace

void append_welcome(std::string& out, const WelcomeMessage& message, Framing framing) {
  MessageWriter(out, framing)
      .number("{\"welcome\":{\"protocol\":", kProtocolVersion)
      .text(",\"server\":", message.server)
      .number(",\"last_seq\":", message.last_seq)
      .raw(message.known ? ",\"known\":true" : ",\"known\":false")
      .number(",\"rejected\":", message.rejected)
      .text(",\"ack\":", word(message.ack))
      .number(",\"record_bytes_max\":", message.record_bytes_max)
      .number(",\"batch_bytes_max\":", message.batch_bytes_max)
      .number(",\"batch_records_max\":", message.batch_records_max)
      .number(",\"idle_timeout_ms\":", message.idle_timeout_ms)
      .raw("}}");
}

void append_ack(std::string& out, std::uint64_t seq, Framing framing) {
  MessageWriter(out, framing).number("{\"ack\":", seq).raw("}");
}

void append_reject(std::string& out, const RejectMessage& message, Framing framing) {
  MessageWriter writer(out, framing);
  writer.number("{\"reject\":{\"seq\":", message.seq)
      .text(",\"code\":", word(message.code))
      .text(",\"detail\":", message.detail);
  if (message.offset) writer.number(",\"offset\":", *message.offset);
  writer.raw("}}");
}

void append_pong(std::string& out, std::string_view ping_payload, Framing framing) {
  MessageWriter(out, framing).raw("{\"pong\":").raw(ping_payload.empty() ? "null" : ping_payload).raw("}");
}

void append_ping(std::string& out, Framing framing) { MessageWriter(out, framing).raw("{\"ping\":null}"); }

void append_slow(std::string& out, SlowReason reason, std::int64_t retry_after_ms, Framing framing) {
  MessageWriter(out, framing)
      .text("{\"slow\":{\"reason\":", word(reason))
      .number(",\"retry_after_ms\":", retry_after_ms)
      .raw("}}");
}

void append_resume(std::string& out, Framing framing) { MessageWriter(out, framing).raw("{\"resume\":{}}"); }

void append_goodbye(std::string& out, const GoodbyeMessage& message, Framing framing) {
  MessageWriter writer(out, framing);
  writer.text("{\"goodbye\":{\"reason\":", word(message.reason)).text(",\"detail\":", message.detail);
  if (message.reconnect_after_ms) writer.number(",\"reconnect_after_ms\":", *message.reconnect_after_ms);
  writer.raw("}}");
}

void append_error(std::string& out, const ErrorMessage& message, Framing framing) {
  MessageWriter writer(out, framing);
  writer.text("{\"error\":{\"code\":", word(message.code)).text(",\"detail\":", message.detail);
  if (message.seq) writer.number(",\"seq\":", *message.seq);
  if (!message.limit.empty()) writer.text(",\"limit\":", message.limit).number(",\"max\":", message.max);
  if (message.reconnect_after_ms) writer.number(",\"reconnect_after_ms\":", *message.reconnect_after_ms);
  writer.raw("}}");
}

}  // namespace crawlspool::proto
