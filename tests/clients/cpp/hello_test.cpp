#include "clients/cpp/hello.h"

#include <gtest/gtest.h>

#include "proto/frame.h"
#include "proto/names.h"

namespace crawlspool::client {
namespace {

TEST(Hello, IsWhatTheServerReads) {
  const proto::Hello said{.client = "worker-7",
                          .stream = "quotes/today",
                          .session = new_session(),
                          .from = 5,
                          .ack = proto::AckLevel::kWritten,
                          .heartbeat = true};
  std::string frame;
  append_hello(frame, said);
  const auto header = proto::decode_header(frame);
  EXPECT_EQ(header.type, static_cast<int>(proto::FrameType::kHello));
  EXPECT_EQ(header.length, frame.size() - proto::kFrameHeaderBytes);
  const auto read = proto::parse_hello(std::string_view(frame).substr(proto::kFrameHeaderBytes));
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->client, said.client);
  EXPECT_EQ(read->stream, said.stream);
  EXPECT_EQ(read->session, said.session);
  EXPECT_EQ(read->from, said.from);
  EXPECT_EQ(read->ack, said.ack);
  EXPECT_TRUE(read->heartbeat);
}

TEST(Hello, LeavesOutWhatIsNotSet) {
  std::string frame;
  append_hello(frame, {});
  EXPECT_EQ(frame.substr(proto::kFrameHeaderBytes), R"({"protocol":1})");
}

TEST(Hello, ASessionIsNewEachTime) {
  const std::string session = new_session();
  EXPECT_TRUE(proto::is_session(session));
  EXPECT_NE(session, new_session());
}

TEST(Hello, AHostsNameBecomesAClients) {
  EXPECT_EQ(fit_client_name("crawl-3.example.org"), "crawl-3.example.org");
  EXPECT_EQ(fit_client_name("my host/\xc3\xa9"), "my-host---");
  EXPECT_EQ(fit_client_name(std::string(300, 'x')), std::string(128, 'x'));
  EXPECT_TRUE(proto::is_client_name(fit_client_name("")));
}

}  // namespace
}  // namespace crawlspool::client
