#include "daemon/inputs/redis/client_talk.h"

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/base/text.h"
#include "daemon/base/version.h"
#include "daemon/inputs/redis/push_command.h"
#include "proto/names.h"

namespace crawlspool::redis {
namespace {

using Parts = ClientTalk::Parts;

constexpr std::string_view kRedisVersion = "7.0.0";  // whose commands and replies these are
constexpr std::size_t kNameBytesMax = 64;            // of an unknown command, in its answer

std::string bad_name(std::string_view what) {
  std::string text = "ERR crawlspool bad_client ";
  return ((text += what) += " is ") += proto::kClientNameRule;
}

std::string info_text() {
  std::string text = "# Server\r\nredis_version:";
  (text += kRedisVersion) += "\r\nredis_mode:standalone\r\ncrawlspool_version:";
  return (text += kVersion) += "\r\n\r\n# Replication\r\nrole:master\r\n";
}

}  // namespace

struct ClientTalk::Command {
  std::string_view name;
  std::size_t parts_min;
  std::size_t parts_max;
  After (*answer)(ClientTalk& talk, Parts parts, std::string& reply);
};

const ClientTalk::Command ClientTalk::kCommands[] = {
    {"PING", 1, 2,
     [](ClientTalk&, Parts parts, std::string& reply) {
       parts.size() == 2 ? append_bulk(reply, parts[1]) : append_simple(reply, "PONG");
       return After::kGoOn;
     }},
    {"ECHO", 2, 2,
     [](ClientTalk&, Parts parts, std::string& reply) {
       append_bulk(reply, parts[1]);
       return After::kGoOn;
     }},
    {"SELECT", 2, 2,
     [](ClientTalk&, Parts, std::string& reply) {
       append_simple(reply, "OK");
       return After::kGoOn;
     }},
    {"QUIT", 1, SIZE_MAX,
     [](ClientTalk&, Parts, std::string& reply) {
       append_simple(reply, "OK");
       return After::kEnd;
     }},
    {"INFO", 1, SIZE_MAX,
     [](ClientTalk&, Parts, std::string& reply) {
       append_bulk(reply, info_text());
       return After::kGoOn;
     }},
    {"COMMAND", 1, SIZE_MAX,
     [](ClientTalk& talk, Parts parts, std::string& reply) {
       if (parts.size() > 1 && is_word(parts[1], "COUNT"))
         append_integer(reply, 0);
       else if (parts.size() > 1 && is_word(parts[1], "DOCS"))
         append_map_head(reply, 0, talk.version_);
       else
         append_array_head(reply, 0);
       return After::kGoOn;
     }},
    {"RESET", 1, 1, [](ClientTalk& talk, Parts, std::string& reply) { return talk.reset(reply); }},
    {"AUTH", 2, 3, [](ClientTalk& talk, Parts parts, std::string& reply) { return talk.auth(parts, reply); }},
    {"HELLO", 1, 7, [](ClientTalk& talk, Parts parts, std::string& reply) { return talk.hello(parts, reply); }},
    {"CLIENT", 2, SIZE_MAX,
     [](ClientTalk& talk, Parts parts, std::string& reply) { return talk.client_command(parts, reply); }},
};

const std::string& ClientTalk::client() const {
  if (!name_.empty()) return name_;
  return user_.empty() ? default_client_ : user_;
}

std::optional<ClientTalk::After> ClientTalk::answer(Parts parts, std::string& reply) {
  const auto* const command = std::find_if(std::begin(kCommands), std::end(kCommands),
                                           [&](const Command& one) { return is_word(parts[0], one.name); });
  if (command == std::end(kCommands)) return std::nullopt;
  if (parts.size() >= command->parts_min && parts.size() <= command->parts_max)
    return command->answer(*this, parts, reply);
  std::string text = "ERR wrong number of arguments for '";
  append_error(reply, (text += command->name) += "' command");
  return After::kGoOn;
}

// The password is a token, and the user the client's name; the user that Redis calls `default` is nobody.
std::string ClientTalk::authenticate(std::string_view user, std::string_view password) {
  const bool is_nobody = user == "default";
  if (!is_nobody && !proto::is_client_name(user)) return bad_name("the user, which becomes the client's name,");
  const std::string before = std::exchange(user_, std::string(is_nobody ? "" : user));
  std::string error = account_.authenticate(client(), password);
  if (!error.empty()) user_ = before;
  return error;
}

std::string ClientTalk::set_name(std::string_view name) {
  if (!name.empty() && !proto::is_client_name(name)) return bad_name("a client's name");
  const std::string before = std::exchange(name_, std::string(name));
  std::string error = account_.rename(client());
  if (!error.empty()) name_ = before;
  return error;
}

ClientTalk::After ClientTalk::auth(Parts parts, std::string& reply) {
  const std::string error = authenticate(parts.size() == 3 ? parts[1] : "default", parts.back());
  if (error.empty())
    append_simple(reply, "OK");
  else
    append_error(reply, error);
  return After::kNamed;
}

// Takes [AUTH user password] and [SETNAME name]; returns what is wrong.
std::string ClientTalk::read_hello(Parts options, std::string_view& name) {
  while (!options.empty()) {
    if (is_word(options[0], "AUTH") && options.size() >= 3) {
      if (std::string error = authenticate(options[1], options[2]); !error.empty()) return error;
      options = options.subspan(3);
    } else if (is_word(options[0], "SETNAME") && options.size() >= 2) {
      name = options[1];
      options = options.subspan(2);
    } else {
      return "ERR Syntax error in HELLO option '" + std::string(base::clip(options[0], kNameBytesMax)) + "'";
    }
  }
  return {};
}

ClientTalk::After ClientTalk::hello(Parts parts, std::string& reply) {
  const bool has_version = parts.size() > 1;
  if (has_version && parts[1] != "2" && parts[1] != "3") {
    append_error(reply, "NOPROTO unsupported protocol version");
    return After::kGoOn;
  }
  std::string_view name = name_;
  std::string error = read_hello(has_version ? parts.subspan(2) : Parts{}, name);
  if (error.empty()) error = set_name(std::string(name));
  if (!error.empty()) {
    append_error(reply, error);
    return After::kNamed;
  }
  if (has_version) version_ = parts[1] == "3" ? RespVersion::k3 : RespVersion::k2;
  append_map_head(reply, 7, version_);
  append_bulk(reply, "server");
  append_bulk(reply, "redis");
  append_bulk(reply, "version");
  append_bulk(reply, kRedisVersion);
  append_bulk(reply, "proto");
  append_integer(reply, static_cast<std::uint64_t>(version_));
  append_bulk(reply, "id");
  append_integer(reply, id_);
  append_bulk(reply, "mode");
  append_bulk(reply, "standalone");
  append_bulk(reply, "role");
  append_bulk(reply, "master");
  append_bulk(reply, "modules");
  append_array_head(reply, 0);
  return After::kNamed;
}

ClientTalk::After ClientTalk::client_command(Parts parts, std::string& reply) {
  if (is_word(parts[1], "SETNAME") && parts.size() == 3) {
    const std::string error = set_name(parts[2]);
    error.empty() ? append_simple(reply, "OK") : append_error(reply, error);
    return After::kNamed;
  }
  if (is_word(parts[1], "SETINFO") && parts.size() == 4)
    append_simple(reply, "OK");
  else if (is_word(parts[1], "GETNAME") && name_.empty())
    append_nothing(reply, version_);
  else if (is_word(parts[1], "GETNAME"))
    append_bulk(reply, name_);
  else if (is_word(parts[1], "ID"))
    append_integer(reply, id_);
  else
    append_error(reply, "ERR " + unknown_command(parts));
  return After::kGoOn;
}

ClientTalk::After ClientTalk::reset(std::string& reply) {
  version_ = RespVersion::k2;
  name_.clear();
  user_.clear();
  account_.forget(default_client_);
  append_simple(reply, "RESET");
  return After::kNamed;
}

std::string unknown_command(Parts parts) {
  std::string name(base::clip(parts[0], kNameBytesMax));
  if (is_word(name, "CLIENT") && parts.size() > 1) (name += ' ') += base::clip(parts[1], kNameBytesMax);
  constexpr std::array<std::string_view, 5> kTransactions{"MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH"};
  if (std::any_of(kTransactions.begin(), kTransactions.end(),
                  [&](std::string_view word) { return is_word(name, word); }))
    return name +
           ": crawlspoold has no transactions, and stores nothing between MULTI and EXEC; send the commands in a "
           "pipeline "
           "without one: pipeline(transaction=False) in redis-py, and each command's items are stored or none of them";
  return "unknown command '" + name +
         "': this is crawlspoold, which takes items (RPUSH, LPUSH, XADD) and keeps nothing for Redis clients to read; "
         "point the scheduler at a real Redis";
}

}  // namespace crawlspool::redis
