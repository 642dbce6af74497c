// Declares what the server reports of itself to the admin port and others.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/base/endpoint.h"
#include "proto/inputs.h"

namespace crawlspool::admin {

// Where each input listens, as base::Endpoint prints it.
using Addresses = proto::PerInput<std::vector<base::Endpoint>>;

// When the certificate of a listener with TLS ends.
struct CertificateFacts {
  std::string address;  // of the listener
  std::int64_t not_after_s;
};

// What has become of the datagrams of a listener since the start.
struct DatagramFacts {
  std::string address;  // of the listener
  std::uint64_t received = 0;
  std::uint64_t refused = 0;
  std::uint64_t dropped = 0;
  std::uint64_t acked = 0;
};

// How the last reload of the configuration went.
struct ReloadState {
  std::uint64_t generation = 1;  // of the configuration in force: 1 is the start's
  std::int64_t tried_us = 0;     // wall clock; 0: never
  std::string error;             // why the last one failed; empty if it did not
};

}  // namespace crawlspool::admin
