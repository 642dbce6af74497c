#include "daemon/net/listening_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace crawlspool::net {
namespace {

class UnixListening : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(::mkdtemp(directory.data()), nullptr); }
  void TearDown() override {
    ::unlink(path().c_str());
    ::rmdir(directory.c_str());
  }

  [[nodiscard]] std::string path() const { return directory + "/s"; }
  [[nodiscard]] base::Endpoint at() const { return base::Endpoint::parse("unix://" + path()).value(); }
  [[nodiscard]] bool is_there() const { return ::access(path().c_str(), F_OK) == 0; }
  [[nodiscard]] mode_t mode() const {
    struct stat file {};
    ::stat(path().c_str(), &file);
    return file.st_mode & 0777U;
  }

  std::string directory = "/tmp/listeningXXXXXX";
};

TEST_F(UnixListening, TheFileHasItsRightsAndGoesWithItsOwner) {
  {
    const auto listening = listen_on(at(), {.mode = 0606, .group = {}}).value();
    EXPECT_EQ(mode(), 0606U);
  }
  EXPECT_FALSE(is_there());
}

TEST_F(UnixListening, AStaleFileIsReplaced) {
  auto left = listen_on(at(), {}).value();
  left.fd.reset();  // as a process that was killed leaves it
  const auto listening = listen_on(at(), {});
  ASSERT_TRUE(listening) << listening.error().message();
  left = {};
  EXPECT_TRUE(is_there()) << "the file that has taken its place is another's";
}

TEST_F(UnixListening, ALivingOwnerIsNamed) {
  const auto owner = listen_on(at(), {}).value();
  const auto second = listen_on(at(), {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, base::ErrorCode::kIo);
  EXPECT_EQ(second.error().message(), "listening on unix://" + path() + ": process " + std::to_string(::getpid()) +
                                          " of user " + std::to_string(::getuid()) + " listens there already");
  EXPECT_TRUE(is_there());
}

TEST_F(UnixListening, AFileThatIsNoSocketIsLeftAlone) {
  std::ofstream(path()) << "precious";
  const auto listening = listen_on(at(), {});
  ASSERT_FALSE(listening);
  EXPECT_NE(listening.error().message().find("a file that is no socket is there"), std::string::npos);
  EXPECT_TRUE(is_there());
}

TEST_F(UnixListening, AGroupThatIsUnknownIsAConfigurationError) {
  const auto listening = listen_on(at(), {.mode = 0660, .group = "no-such-group-here"});
  ASSERT_FALSE(listening);
  EXPECT_EQ(listening.error().code, base::ErrorCode::kConfig);
  EXPECT_FALSE(is_there());
}

}  // namespace
}  // namespace crawlspool::net
