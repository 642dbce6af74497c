#include "config/listener.h"

#include <gtest/gtest.h>

namespace crawlspool::config {
namespace {

constexpr proto::Input kStream = proto::input("stream");

std::string complaint(std::string_view url, proto::Input input = kStream) {
  const auto listener = parse_listener(input, url);
  return listener ? "" : listener.error().message();
}

TEST(Listener, WithoutSettingsHasTheDefaults) {
  const auto listener = parse_listener(kStream, "tcp://127.0.0.1:8940").value();
  EXPECT_EQ(listener.at.to_string(), "127.0.0.1:8940");
  EXPECT_EQ(listener.settings, ListenerSettings{});
}

TEST(Listener, SettingsOfAUnixSocketAreReadInAnyOrder) {
  const auto listener = parse_listener(kStream, "unix:///run/s.sock?group=crawl%65rs&mode=0620").value();
  EXPECT_EQ(listener.at.path(), "/run/s.sock");
  EXPECT_EQ(listener.settings.mode, 0620U);
  EXPECT_EQ(listener.settings.group, "crawlers");
}

TEST(Listener, AnUnknownSettingIsNamedWithTheNearest) {
  EXPECT_EQ(complaint("unix:///s?mod=0600"), "'unix:///s?mod=0600' has an unknown setting 'mod' (did you mean mode?)");
  EXPECT_EQ(complaint("tcp://127.0.0.1:1?mode=0600"),
            "'tcp://127.0.0.1:1?mode=0600' has an unknown setting 'mode' (did you mean proxy?)");
  EXPECT_EQ(complaint("tls://127.0.0.1:1?verifi=required"),
            "'tls://127.0.0.1:1?verifi=required' has an unknown setting 'verifi' (did you mean verify?)");
}

TEST(Listener, SettingsOfTlsStandInPlaceOfThoseOfAll) {
  const auto listener = parse_listener(proto::input("stream"),
                                       "tls://127.0.0.1:1?verify=required&certificate=/a%20b&key=/k&proxy=required");
  ASSERT_TRUE(listener) << listener.error().message();
  EXPECT_TRUE(listener->at.is_tls());
  EXPECT_TRUE(listener->settings.proxy);
  Tls common;
  common.certificate = "/common";
  common.crl = "/crl";
  const Tls tls = tls_of(common, listener->settings);
  EXPECT_EQ(tls.certificate, "/a b");
  EXPECT_EQ(tls.key, "/k");
  EXPECT_EQ(tls.crl, "/crl");
  EXPECT_EQ(tls.client, TlsVerify::kRequired);
}

TEST(Listener, BadValuesAreRefusedWithWhatTheyMustBe) {
  for (const char* const mode : {"", "600x", "0400", "01777", "-1", "0o600"})
    EXPECT_NE(complaint(std::string("unix:///s?mode=") + mode).find("which must be a file's rights in octal"),
              std::string::npos)
        << mode;
  EXPECT_NE(complaint("unix:///s?mode").find("has no value for mode"), std::string::npos);
  EXPECT_NE(complaint("unix:///s?group=%zz").find("not percent-encoded"), std::string::npos);
  EXPECT_NE(complaint("unix:///s?mode=0600&mode=0600").find("has mode twice"), std::string::npos);
  EXPECT_NE(complaint("unix:///s?").find("unknown setting ''"), std::string::npos);
}

TEST(Listener, KeysOfRedisClientsAreStrippedAsItsEntrySays) {
  const auto listener = parse_listener(proto::input("redis"), "tcp://127.0.0.1:1?strip=%3Aitems&stream=raw&client=r");
  ASSERT_TRUE(listener);
  EXPECT_EQ(listener->settings.strip, ":items");
  EXPECT_EQ(listener->settings.stream, "raw");
  EXPECT_EQ(listener->settings.client, "r");
  EXPECT_FALSE(parse_listener(proto::input("redis"), "tcp://127.0.0.1:1?strip="));
  EXPECT_FALSE(parse_listener(proto::input("lines"), "tcp://127.0.0.1:1?strip=:items"));
}

TEST(Listener, EachInputTakesTheSettingsThatItHasAUseFor) {
  const auto takes = [](std::string_view input, const std::string& setting) {
    return complaint("tcp://127.0.0.1:1?" + setting, *proto::find_input(input)).empty();
  };
  for (const char* const input : {"stream", "http", "lines", "redis"}) {
    EXPECT_TRUE(takes(input, "stream=raw&client=syslog")) << input;
    EXPECT_FALSE(takes(input, "stream=a%20b")) << input;
  }
  EXPECT_TRUE(takes("stream", "answers=no"));
  EXPECT_TRUE(takes("lines", "answers=no"));
  for (const char* const input : {"stream", "http", "lines", "redis"})
    EXPECT_TRUE(takes(input, "charset=gbk&charset_errors=replace")) << input;
  EXPECT_FALSE(takes("http", "answers=no"));
  EXPECT_FALSE(takes("redis", "answers=no"));
  EXPECT_FALSE(takes("admin", "stream=raw"));
  EXPECT_EQ(complaint("tcp://127.0.0.1:1?answer=no"),
            "'tcp://127.0.0.1:1?answer=no' has an unknown setting 'answer' (did you mean answers?)");
}

TEST(Listener, ACharsetIsReadByAnyOfItsNames) {
  const auto listener = parse_listener(kStream, "tcp://127.0.0.1:1?charset=CP936&charset_errors=replace").value();
  EXPECT_EQ(word(listener.settings.decoding.charset), "gbk");
  EXPECT_TRUE(listener.settings.decoding.replaces);
}

TEST(Listener, AnUnknownCharsetIsRefusedWithAllAndTheNearest) {
  const std::string said = complaint("tcp://127.0.0.1:1?charset=gb1803");
  EXPECT_NE(said.find("'gb1803' for charset, which must be one of utf-8, gb18030, gbk,"), std::string::npos) << said;
  EXPECT_NE(said.find("(did you mean gb18030?)"), std::string::npos) << said;
  EXPECT_NE(complaint("tcp://127.0.0.1:1?charset_errors=ignore").find("must be reject or replace"), std::string::npos);
}

TEST(Listener, OfLinesHasNoCharsetInWhichNoByteEndsALine) {
  EXPECT_NE(complaint("tcp://127.0.0.1:1?charset=utf-16", proto::input("lines")).find("no byte ends a line"),
            std::string::npos);
  EXPECT_EQ(complaint("tcp://127.0.0.1:1?charset=utf-16"), "");
}

constexpr proto::Input kDatagrams = proto::input("datagrams");

TEST(Listener, OfDatagramsHasABufferAndItsSenders) {
  const auto listener = parse_listener(
      kDatagrams,
      "udp://[::1]:8945?buffer=4MiB&allow_from=10.0.0.0/8,2001:db8::/32,::1&ack=yes&stream=raw&charset=gbk");
  ASSERT_TRUE(listener) << listener.error().message();
  EXPECT_TRUE(listener->at.is_datagram());
  EXPECT_EQ(listener->at.url(), "udp://[::1]:8945");
  EXPECT_EQ(listener->settings.buffer_bytes, 4U * 1024 * 1024);
  EXPECT_TRUE(listener->settings.ack);
  ASSERT_EQ(listener->settings.allow_from.size(), 3U);
  EXPECT_TRUE(contains(listener->settings.allow_from, listener->at));
  EXPECT_FALSE(contains(listener->settings.allow_from, base::Endpoint::parse("udp://11.0.0.1:1").value()));
}

TEST(Listener, OfUnixDatagramsHasTheSettingsOfAFile) {
  const auto listener = parse_listener(kDatagrams, "unix-dgram:///run/d.sock?mode=0622&group=crawlers&ack=yes");
  ASSERT_TRUE(listener) << listener.error().message();
  EXPECT_EQ(listener->at.to_string(), "unix-dgram:///run/d.sock");
  EXPECT_EQ(listener->settings.mode, 0622U);
  EXPECT_NE(complaint("unix-dgram:///s?buffer=4MiB", kDatagrams).find("unknown setting 'buffer'"), std::string::npos);
}

TEST(Listener, ACarrierIsOfTheShapeOfItsInput) {
  EXPECT_EQ(complaint("udp://127.0.0.1:1"),
            "'udp://127.0.0.1:1' carries datagrams, and listen.stream takes tcp://, tls:// or unix://");
  EXPECT_EQ(complaint("unix:///s", kDatagrams),
            "'unix:///s' carries no datagrams, and listen.datagrams takes udp:// or unix-dgram://");
}

TEST(Listener, BadSettingsOfDatagramsAreRefusedWithWhatTheyMustBe) {
  for (const char* const size : {"", "4", "4KB", "1KiB", "2GiB", "-1"})
    EXPECT_NE(complaint(std::string("udp://127.0.0.1:1?buffer=") + size, kDatagrams).find("from 4KiB to 1GiB"),
              std::string::npos)
        << size;
  for (const char* const blocks : {"", ",", "10.0.0.1/8", "10.0.0.0/8,", "10.0.0.0/8,,10.0.0.1", "host"})
    EXPECT_NE(complaint(std::string("udp://127.0.0.1:1?allow_from=") + blocks, kDatagrams).find("with commas, as in"),
              std::string::npos)
        << blocks;
  EXPECT_NE(complaint("udp://127.0.0.1:1?ack=yes", kDatagrams).find("ack=yes without allow_from"), std::string::npos);
  EXPECT_EQ(complaint("udp://127.0.0.1:1?ack=no", kDatagrams), "");
}

}  // namespace
}  // namespace crawlspool::config
