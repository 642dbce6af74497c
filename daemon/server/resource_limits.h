// Asks of the system what the process needs: descriptors, as many as it may have, with a warning where that is less
// than the configuration promises; and memory that goes back when it is freed.
#pragma once

#include "config/model.h"

namespace crawlspool::server {

void raise_descriptor_limit(const config::Limits& limits);

// Buffers of large records and batches go back to the system at once, so that what is held is what is in use.
void return_large_buffers(const config::Limits& limits);

// Gives back what lies free in the heap, all of it; costs milliseconds, and more when it is taken again.
void give_free_memory_back();

}  // namespace crawlspool::server
