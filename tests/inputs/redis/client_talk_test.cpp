#include "daemon/inputs/redis/client_talk.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace crawlspool::redis {
namespace {

using Parts = std::vector<std::string_view>;

class Talk {
 public:
  explicit Talk(const std::string& client = {})
      : account_(
            authenticator_,
            [this] {
              return auth::Channel{peer_, false, {}};
            },
            client),
        talk_(account_, client, 42) {}

  std::string say(const Parts& parts) {
    std::string reply;
    after_ = talk_.answer(parts, reply);
    return after_ ? reply : "not served";
  }
  [[nodiscard]] const std::string& client() const { return account_.sender().client; }
  [[nodiscard]] std::optional<ClientTalk::After> after() const { return after_; }

 private:
  const base::SystemClock clock_;
  const base::Peer peer_{"127.0.0.1:1", {}, {}, {}, true};
  auth::Authenticator authenticator_{config::Config{}, clock_};
  Account account_;
  ClientTalk talk_;
  std::optional<ClientTalk::After> after_;
};

TEST(ClientTalk, WhatLibrariesAskWhenTheyConnectIsAnswered) {
  Talk talk;
  EXPECT_EQ(talk.say({"ping"}), "+PONG\r\n");
  EXPECT_EQ(talk.say({"PING", "a\r\n"}), "$3\r\na\r\n\r\n");
  EXPECT_EQ(talk.say({"ECHO", "a"}), "$1\r\na\r\n");
  EXPECT_EQ(talk.say({"SELECT", "7"}), "+OK\r\n");
  EXPECT_EQ(talk.say({"CLIENT", "SETINFO", "LIB-NAME", "redis-py"}), "+OK\r\n");
  EXPECT_EQ(talk.say({"CLIENT", "ID"}), ":42\r\n");
  EXPECT_EQ(talk.say({"COMMAND"}), "*0\r\n");
  EXPECT_EQ(talk.say({"COMMAND", "DOCS"}), "*0\r\n");
  EXPECT_NE(talk.say({"INFO"}).find("redis_version:7.0.0\r\n"), std::string::npos);
  EXPECT_EQ(talk.say({"QUIT"}), "+OK\r\n");
  EXPECT_EQ(talk.after(), ClientTalk::After::kEnd);
  EXPECT_EQ(talk.say({"ECHO"}), "-ERR wrong number of arguments for 'ECHO' command\r\n");
}

TEST(ClientTalk, HelloChoosesTheVersionOfResp) {
  Talk talk;
  EXPECT_EQ(talk.say({"CLIENT", "GETNAME"}), "$-1\r\n");
  EXPECT_EQ(talk.say({"HELLO", "4"}), "-NOPROTO unsupported protocol version\r\n");
  EXPECT_TRUE(talk.say({"HELLO"}).starts_with("*14\r\n$6\r\nserver\r\n$5\r\nredis\r\n"));
  EXPECT_TRUE(talk.say({"HELLO", "3"}).starts_with("%7\r\n"));
  EXPECT_EQ(talk.say({"CLIENT", "GETNAME"}), "_\r\n");
  EXPECT_EQ(talk.say({"COMMAND", "DOCS"}), "%0\r\n");
  EXPECT_EQ(talk.say({"RESET"}), "+RESET\r\n");
  EXPECT_EQ(talk.say({"CLIENT", "GETNAME"}), "$-1\r\n");
}

TEST(ClientTalk, ClientsNameIsWhatItSaysLast) {
  Talk talk("from-the-listener");
  EXPECT_EQ(talk.client(), "from-the-listener");
  EXPECT_EQ(talk.say({"AUTH", "secret"}), "+OK\r\n");
  EXPECT_EQ(talk.client(), "from-the-listener");
  EXPECT_EQ(talk.say({"AUTH", "worker-7", "secret"}), "+OK\r\n");
  EXPECT_EQ(talk.client(), "worker-7");
  EXPECT_TRUE(talk.say({"HELLO", "3", "AUTH", "worker-8", "x", "SETNAME", "named"}).starts_with("%7"));
  EXPECT_EQ(talk.client(), "named");
  EXPECT_EQ(talk.say({"CLIENT", "SETNAME", ""}), "+OK\r\n");
  EXPECT_EQ(talk.client(), "worker-8");
  talk.say({"RESET"});
  EXPECT_EQ(talk.client(), "from-the-listener");
}

TEST(ClientTalk, NamesThatAreNoneAreRefusedWithTheRule) {
  Talk talk;
  EXPECT_EQ(talk.say({"CLIENT", "SETNAME", "a b"}),
            "-ERR crawlspool bad_client a client's name is 1 to 128 of letters, digits, '.', '_', '-' and ':'\r\n");
  EXPECT_TRUE(talk.say({"AUTH", "a b", "x"}).starts_with("-ERR crawlspool bad_client the user"));
  EXPECT_TRUE(talk.say({"HELLO", "3", "AUTH", "a"}).starts_with("-ERR Syntax error in HELLO option 'AUTH'"));
  EXPECT_EQ(talk.client(), "");
}

TEST(ClientTalk, WhatIsNotServedIsSaidInASentence) {
  Talk talk;
  EXPECT_EQ(talk.say({"ZCARD", "q"}), "not served");
  EXPECT_EQ(
      unknown_command(Parts{"ZCARD", "q"}),
      "unknown command 'ZCARD': this is crawlspoold, which takes items (RPUSH, LPUSH, XADD) and keeps nothing for "
      "Redis clients to read; point the scheduler at a real Redis");
  EXPECT_TRUE(talk.say({"CLIENT", "MAINT_NOTIFICATIONS", "ON"})
                  .starts_with("-ERR unknown command 'CLIENT MAINT_NOTIFICATIONS': this is crawlspoold"));
  EXPECT_NE(unknown_command(Parts{"multi"}).find("pipeline(transaction=False)"), std::string::npos);
}

TEST(RespReplies, AnErrorIsOneLineWhateverAPeerPutIntoIt) {
  std::string out;
  append_error(out, "ERR a\r\n+OK\r\nb");
  EXPECT_EQ(out, "-ERR a  +OK  b\r\n");
  out.clear();
  append_error(out, std::string(10'000, 'a'));
  EXPECT_EQ(out.size(), 1 + kErrorBytesMax + 2);
}

}  // namespace
}  // namespace crawlspool::redis
