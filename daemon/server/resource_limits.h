// Descriptors: as many as the process may have, and a warning where that is less than the configuration promises.
#pragma once

#include "config/model.h"

namespace crawlspool::server {

void raise_descriptor_limit(const config::Limits& limits);

}  // namespace crawlspool::server
