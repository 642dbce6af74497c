// The kinds of values a key can have: how one is read into the model and how it is printed again.
// Knows neither keys nor YAML; config/keys.cpp says which key is of which kind.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/model.h"
#include "config/value.h"

namespace crawlspool::config {

using Problem = std::optional<std::string>;  // what is wrong with a value, in words; none: nothing

// A key's two directions. `parse` leaves the configuration alone if it returns a problem; what `print` returns is
// one YAML value, and `parse` of it gives the same configuration.
struct Kind {
  std::function<Problem(const Value&, Config&)> parse;
  std::function<std::string(const Config&)> print;
};

// Where in the model a key's value lies.
template <class T>
struct Field {
  std::function<T&(Config&)> write;
  std::function<const T&(const Config&)> read;
};
template <class Section, class T>
[[nodiscard]] Field<T> at(Section Config::*section, T Section::*member) {
  return {[=](Config& config) -> T& { return config.*section.*member; },
          [=](const Config& config) -> const T& { return config.*section.*member; }};
}

[[nodiscard]] Kind listeners(proto::Input input, const Field<std::vector<std::string>>& field);  // as listener.h has it
[[nodiscard]] Kind origins(const Field<std::vector<std::string>>& field);         // a list of SCHEME://HOST[:PORT]
[[nodiscard]] Kind hosts(const Field<std::vector<std::string>>& field);           // a list of NAME[:PORT]
[[nodiscard]] Kind address_blocks(const Field<std::vector<std::string>>& field);  // a list of ADDRESS[/BITS]
[[nodiscard]] Kind patterns(const Field<std::vector<std::string>>& field);        // a list of NAME with * ? [abc]
[[nodiscard]] Kind uids(const Field<std::map<std::string, std::vector<std::uint32_t>>>& field);  // {NAME: [UID]}
[[nodiscard]] Kind count(const Field<std::uint64_t>& field, std::uint64_t min, std::uint64_t max);
[[nodiscard]] Kind size(const Field<std::uint64_t>& field, std::uint64_t min, std::uint64_t max);

enum class Zero { kAllowed, kRefused };
[[nodiscard]] Kind duration(const Field<std::int64_t>& field, Zero zero);  // at most 3650d

[[nodiscard]] Kind directory(const Field<std::string>& field);
[[nodiscard]] Kind file(const Field<std::string>& field);             // a path, or empty
[[nodiscard]] Kind log_destination(const Field<std::string>& field);  // auto | stderr | journald | a path
[[nodiscard]] Kind sync_policy();                                     // always | never | a duration
[[nodiscard]] Kind thread_count();                                    // auto | 1 to 64

// One of some words.
template <class E>
[[nodiscard]] Kind choice(const Field<E>& field, std::initializer_list<std::pair<std::string_view, E>> words);

// `value` as text, or what it should have been (`expected`: "must be …").
[[nodiscard]] Problem want_text(const Value& value, std::string_view expected);

template <class E>
Kind choice(const Field<E>& field, std::initializer_list<std::pair<std::string_view, E>> words) {
  const std::vector<std::pair<std::string_view, E>> table(words);
  std::string expected = "must be one of";
  for (const auto& [word, value] : table) expected += (word == table.front().first ? " " : ", ") + std::string(word);
  return {[=](const Value& value, Config& config) -> Problem {
            if (Problem problem = want_text(value, expected)) return problem;
            for (const auto& [word, meaning] : table) {
              if (word != value.text) continue;
              field.write(config) = meaning;
              return {};
            }
            return expected;
          },
          [=](const Config& config) -> std::string {
            for (const auto& [word, meaning] : table)
              if (meaning == field.read(config)) return std::string(word);
            return "null";  // not reached: the table has every value of E
          }};
}

}  // namespace crawlspool::config
