// Says to a peer that it is not read for now, why, and when it is read again. Owned by the protocol of the connection.
#pragma once

#include "daemon/connection/connection.h"
#include "daemon/intake/record_writer.h"
#include "proto/messages.h"

namespace crawlspool::dialog {

class SlowNotice {
 public:
  // `connection` outlives it.
  SlowNotice(connection::Connection& connection, proto::Framing framing) : connection_(connection), framing_(framing) {}

  // The pause has lasted, or lasts still. `writer` takes the peer's records in.
  void say(const intake::RecordWriter& writer);
  // It is over; nothing is said of a pause that nothing was said of.
  void on_resumed();

 private:
  connection::Connection& connection_;
  const proto::Framing framing_;
  bool is_said_ = false;
};

}  // namespace crawlspool::dialog
