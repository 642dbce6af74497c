#include "cli/common/defaults.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace crawlspool::cli {
namespace {

class DefaultsTest : public ::testing::Test {
 protected:
  std::string config(const char* text) { return temp.write("crawlspoold.yaml", text); }

  test::TempDir temp;
};

TEST_F(DefaultsTest, ComeFromTheConfigurationFile) {
  const std::string file = config(
      "listen:\n  stream: [\"tcp://[::]:9000\"]\n  admin: [\"tcp://0.0.0.0:9002\"]\nspool:\n  directory: /srv/spool\n");
  EXPECT_EQ(spool_directory(std::nullopt, file), "/srv/spool");
  EXPECT_EQ(stream_server(std::nullopt, file)->to_string(), "[::1]:9000");
  EXPECT_EQ(admin_server(std::nullopt, file)->to_string(), "127.0.0.1:9002");
}

TEST_F(DefaultsTest, AreBuiltInWhereTheFileSaysNothing) {
  const std::string file = config("{}\n");
  EXPECT_EQ(spool_directory(std::nullopt, file), "/var/spool/crawlspool");
  EXPECT_EQ(stream_server(std::nullopt, file)->to_string(), "127.0.0.1:8940");
  EXPECT_EQ(admin_server(std::nullopt, file)->to_string(), "127.0.0.1:8942");
}

TEST_F(DefaultsTest, AnOptionThatWasGivenNeedsNoFile) {
  const std::string file = temp.file("none.yaml");
  EXPECT_EQ(spool_directory("here", file), "here");
  EXPECT_EQ(stream_server("tcp://a:1", file)->to_string(), "a:1");
  EXPECT_EQ(admin_server("http://a:1", file)->to_string(), "a:1");
}

TEST_F(DefaultsTest, AFileThatCannotBeReadIsAnError) {
  EXPECT_FALSE(spool_directory(std::nullopt, temp.file("none.yaml")));
  EXPECT_FALSE(stream_server(std::nullopt, config("listen: 5\n")));
}

TEST_F(DefaultsTest, AListenerOfTheConfigurationIsKnownByItsOwnCertificate) {
  const auto address = local_listener("tls://0.0.0.0:1?verify=required&certificate=/etc/a%20b.pem", {});
  EXPECT_EQ(address->tls.value().own_certificate, "/etc/a b.pem");
  EXPECT_EQ(address->url("tcp"), "tls://127.0.0.1:1");
  EXPECT_FALSE(local_listener("tcp://0.0.0.0:1", {})->tls);
}

TEST_F(DefaultsTest, FilesForTlsGoWithServersThatSpeakIt) {
  EXPECT_TRUE(stream_server("tcp://a:1", std::nullopt));
  EXPECT_EQ(stream_server("tcp://a:1", std::nullopt,
                          {.tls = {.ca = "ca.pem", .certificate = {}, .key = {}}, .token_file = {}})
                .error()
                .code,
            base::ErrorCode::kUsage);
  EXPECT_TRUE(stream_server("tls://a:1", std::nullopt).value().tls);
}

TEST_F(DefaultsTest, AListenerOnAnyPortCannotBeADefault) {
  EXPECT_FALSE(stream_server(std::nullopt, config("listen:\n  stream: [\"tcp://127.0.0.1:0\"]\n")));
}

}  // namespace
}  // namespace crawlspool::cli
