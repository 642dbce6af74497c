// The table of inputs: what a port can speak. Everything that exists once for each input (listeners, keys, counters,
// metrics, pages) iterates over it; what speaks an input is daemon/inputs/inputs.cpp's to say.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace crawlspool::proto {

enum class Role {
  kRecords,  // brings records
  kAdmin,    // answers operators and their tools
};

// What its senders bring: a carrier's scheme (config/listener.h) must be of the same shape.
enum class Shape {
  kBytes,     // connections, each with a stream of bytes
  kMessages,  // datagrams, without connections
};

struct InputInfo {
  std::string_view name;  // in `via`, listen.NAME, metrics, logs, and of an inherited socket
  Role role;
  std::string_view default_url;  // empty: listens only where the configuration says so
  std::string_view settings;     // those of config/listener.cpp that its listeners take, between spaces
  bool is_http = false;          // what it speaks over TLS is HTTP/1.1
  Shape shape = Shape::kBytes;
};

inline constexpr std::array kInputs{
    InputInfo{"stream", Role::kRecords, "tcp://127.0.0.1:8940", "stream client answers charset charset_errors"},
    InputInfo{"http", Role::kRecords, "tcp://127.0.0.1:8941", "stream client charset charset_errors", true},
    InputInfo{"lines", Role::kRecords, "", "stream client answers charset charset_errors"},
    InputInfo{"redis", Role::kRecords, "", "strip stream client charset charset_errors"},
    InputInfo{"datagrams", Role::kRecords, "", "stream client charset charset_errors", false, Shape::kMessages},
    InputInfo{"admin", Role::kAdmin, "tcp://127.0.0.1:8942", "", true},
};

// One of kInputs, by its index there.
enum class Input : std::uint8_t {};

[[nodiscard]] constexpr std::size_t index(Input input) { return static_cast<std::size_t>(input); }
[[nodiscard]] constexpr const InputInfo& info(Input input) { return kInputs[index(input)]; }
[[nodiscard]] constexpr std::string_view word(Input input) { return info(input).name; }
[[nodiscard]] constexpr bool brings_records(Input input) { return info(input).role == Role::kRecords; }

[[nodiscard]] constexpr bool has_connections(Input input) { return info(input).shape == Shape::kBytes; }

inline constexpr auto kAllInputs = [] {
  std::array<Input, kInputs.size()> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<Input>(i);
  return all;
}();

[[nodiscard]] constexpr std::optional<Input> find_input(std::string_view name) {
  for (const Input input : kAllInputs)
    if (word(input) == name) return input;
  return std::nullopt;
}

// One of a name that is known to be there; anything else does not compile.
[[nodiscard]] consteval Input input(std::string_view name) { return find_input(name).value(); }

// A T for each input.
template <class T>
class PerInput {
 public:
  [[nodiscard]] constexpr T& operator[](Input input) { return all_[index(input)]; }
  [[nodiscard]] constexpr const T& operator[](Input input) const { return all_[index(input)]; }
  bool operator==(const PerInput&) const = default;

 private:
  std::array<T, kInputs.size()> all_{};
};

}  // namespace crawlspool::proto
