#include "daemon/inputs/inputs.h"

#include <algorithm>
#include <array>

#include "daemon/base/check.h"
#include "daemon/inputs/datagrams/datagram_source.h"
#include "daemon/inputs/http/records_handler.h"
#include "daemon/inputs/lines/lines_protocol.h"
#include "daemon/inputs/redis/redis_protocol.h"
#include "daemon/inputs/stream/stream_protocol.h"

namespace crawlspool::inputs {
namespace {

using connection::Connection;
using connection::Protocol;
using Settings = config::ListenerSettings;

// What speaks an input, by its shape: a protocol on each connection, or one source for a listener.
struct Row {
  std::string_view input;
  std::unique_ptr<Protocol> (*make)(Connection& connection, const Settings& settings) = nullptr;
  base::Result<void> (*take)(connection::IoLoop& loop, MessageSocket from) = nullptr;
};

constexpr std::array kRows{
    Row{"stream",
        [](Connection& connection, const Settings& settings) -> std::unique_ptr<Protocol> {
          return std::make_unique<stream::StreamProtocol>(connection, settings);
        }},
    Row{"http",
        [](Connection& connection, const Settings& settings) -> std::unique_ptr<Protocol> {
          using http::HttpProtocol;
          return std::make_unique<HttpProtocol>(connection, HttpProtocol::kForRecords, [&settings](HttpProtocol& http) {
            return std::make_unique<http::RecordsHandler>(http, settings);
          });
        }},
    Row{"lines",
        [](Connection& connection, const Settings& settings) -> std::unique_ptr<Protocol> {
          return std::make_unique<lines::LinesProtocol>(connection, settings);
        }},
    Row{"redis",
        [](Connection& connection, const Settings& settings) -> std::unique_ptr<Protocol> {
          return std::make_unique<redis::RedisProtocol>(connection, settings);
        }},
    Row{"datagrams", nullptr,
        [](connection::IoLoop& loop, MessageSocket from) -> base::Result<void> {
          auto source = std::make_unique<datagrams::DatagramSource>(
              loop, from.id, std::move(from.socket), from.settings, std::move(from.counts), from.is_inherited);
          CRAWLSPOOL_TRY(source->start());
          loop.add(std::move(source));
          return {};
        }},
};

constexpr const Row* row_of(proto::Input input) {
  const auto* const row =
      std::find_if(kRows.begin(), kRows.end(), [input](const Row& one) { return one.input == word(input); });
  return row == kRows.end() ? nullptr : row;
}

constexpr bool has_its_row(proto::Input input) {
  const Row* const row = row_of(input);
  if (row == nullptr) return !brings_records(input);
  return brings_records(input) && (row->make != nullptr) == has_connections(input) &&
         (row->take != nullptr) == !has_connections(input);
}

static_assert(std::all_of(proto::kAllInputs.begin(), proto::kAllInputs.end(), has_its_row),
              "each input of proto::kInputs that brings records has a row here of its shape, and no other has");

}  // namespace

std::unique_ptr<Protocol> make_protocol(proto::Input input, Connection& connection, const Settings& settings) {
  const Row* const row = row_of(input);
  CRAWLSPOOL_CHECK(row != nullptr && row->make != nullptr);
  return row->make(connection, settings);
}

base::Result<void> take_messages(proto::Input input, connection::IoLoop& loop, MessageSocket from) {
  const Row* const row = row_of(input);
  CRAWLSPOOL_CHECK(row != nullptr && row->take != nullptr);
  return row->take(loop, std::move(from));
}

}  // namespace crawlspool::inputs
