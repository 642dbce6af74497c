#include "daemon/inputs/inputs.h"

#include <algorithm>
#include <array>

#include "daemon/base/check.h"
#include "daemon/inputs/http/records_handler.h"
#include "daemon/inputs/lines/lines_protocol.h"
#include "daemon/inputs/redis/redis_protocol.h"
#include "daemon/inputs/stream/stream_protocol.h"

namespace crawlspool::inputs {
namespace {

using connection::Connection;
using connection::Protocol;
using Settings = config::ListenerSettings;

struct Row {
  std::string_view input;
  std::unique_ptr<Protocol> (*make)(Connection& connection, const Settings& settings);
};

constexpr std::array kRows{
    Row{"stream",
        [](Connection& connection, const Settings& settings) -> std::unique_ptr<Protocol> {
          return std::make_unique<stream::StreamProtocol>(connection, settings);
        }},
    Row{"http",
        [](Connection& connection, const Settings& settings) -> std::unique_ptr<Protocol> {
          using http::HttpProtocol;
          return std::make_unique<HttpProtocol>(connection, HttpProtocol::kForRecords,
                                                [decoding = settings.decoding](HttpProtocol& http) {
                                                  return std::make_unique<http::RecordsHandler>(http, decoding);
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
};

constexpr const Row* row_of(proto::Input input) {
  const auto* const row =
      std::find_if(kRows.begin(), kRows.end(), [input](const Row& one) { return one.input == word(input); });
  return row == kRows.end() ? nullptr : row;
}

static_assert(std::all_of(proto::kAllInputs.begin(), proto::kAllInputs.end(),
                          [](proto::Input input) { return brings_records(input) == (row_of(input) != nullptr); }),
              "each input of proto::kInputs that brings records has a row here, and no other has");

}  // namespace

std::unique_ptr<Protocol> make_protocol(proto::Input input, Connection& connection, const Settings& settings) {
  const Row* const row = row_of(input);
  CRAWLSPOOL_CHECK(row != nullptr);
  return row->make(connection, settings);
}

}  // namespace crawlspool::inputs
