// What speaks each input that brings records. The .cpp file is the only one that includes every input; it has a row for
// each of proto::kInputs.
#pragma once

#include <memory>

#include "config/listener.h"
#include "daemon/connection/connection.h"
#include "daemon/connection/protocol.h"
#include "proto/inputs.h"

namespace crawlspool::inputs {

// Returns what an accepted connection speaks, for the connection to own. `settings` are those of the listener that
// accepted it; nothing keeps them. Not for the admin port, which brings no records.
[[nodiscard]] std::unique_ptr<connection::Protocol> make_protocol(proto::Input input,
                                                                  connection::Connection& connection,
                                                                  const config::ListenerSettings& settings);

}  // namespace crawlspool::inputs
