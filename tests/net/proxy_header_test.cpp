#include "daemon/net/proxy_header.h"

#include <gtest/gtest.h>

#include <boost/crc.hpp>

namespace crawlspool::net {
namespace {

using Step = ProxyHeaderDecoder::Step;

struct Decoded {
  Step step = Step::kNeedMore;
  std::string source;  // empty: none
  std::string detail;
  std::string rest;
};

// As it comes in pieces of `piece` bytes.
Decoded decode(std::string_view bytes, std::size_t piece) {
  ProxyHeaderDecoder decoder;
  Decoded decoded;
  std::size_t at = 0;
  while (decoded.step == Step::kNeedMore && at < bytes.size()) {
    std::string_view input = bytes.substr(at, piece);
    const std::size_t given = input.size();
    decoded.step = decoder.next(input);
    at += given - input.size();
    EXPECT_TRUE(decoded.step != Step::kNeedMore || input.empty());
  }
  if (decoder.source()) decoded.source = decoder.source()->to_string();
  decoded.detail = decoder.detail();
  decoded.rest = bytes.substr(at);
  return decoded;
}

std::string big_endian(std::size_t value) {
  return {static_cast<char>(value >> 8 & 0xff), static_cast<char>(value & 0xff)};
}

std::string binary(char command, char family, const std::string& body) {
  return std::string("\r\n\r\n\0\r\nQUIT\n", 12) + command + family + big_endian(body.size()) + body;
}

std::string field(char type, const std::string& value) {
  return std::string(1, type) + big_endian(value.size()) + value;
}

const std::string kV4("\x0a\x01\x02\x03\x0a\x00\x00\x01\xc8\x22\x22\xec", 12);  // 10.1.2.3:51234 to 10.0.0.1:8940
const std::string kV6 = std::string("\x20\x01\x0d\xb8", 4) + std::string(11, '\0') + "\x07" + std::string(15, '\0') +
                        "\x01" + std::string("\xc8\x22\x22\xec", 4);

// Of the whole header, whose last field it is and is four zeros there.
std::string with_checksum(std::string header) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc32c;
  crc32c.process_bytes(header.data(), header.size());
  const std::uint32_t sum = crc32c.checksum();
  for (int i = 0; i < 4; ++i) header[header.size() - 4 + i] = static_cast<char>(sum >> (24 - 8 * i) & 0xff);
  return header;
}

class ProxyHeader : public testing::TestWithParam<std::size_t> {
 protected:
  static Decoded decode(std::string_view bytes) { return net::decode(bytes, GetParam()); }
};

TEST_P(ProxyHeader, LinesNameTheSource) {
  EXPECT_EQ(decode("PROXY TCP4 10.1.2.3 10.0.0.1 51234 8940\r\nhello").source, "10.1.2.3:51234");
  EXPECT_EQ(decode("PROXY TCP6 2001:db8::7 ::1 51234 8940\r\nhello").source, "[2001:db8::7]:51234");
}

TEST_P(ProxyHeader, NothingBehindIsTaken) {
  for (const std::string& header :
       {std::string("PROXY TCP4 10.1.2.3 10.0.0.1 51234 8940\r\n"), std::string("PROXY UNKNOWN\r\n"),
        binary(0x21, 0x11, kV4), binary(0x20, 0x00, "")}) {
    const Decoded decoded = decode(header + "PROXY and what follows\r\n");
    EXPECT_EQ(decoded.step, Step::kDone) << decoded.detail;
    EXPECT_EQ(decoded.rest, "PROXY and what follows\r\n");
  }
}

TEST_P(ProxyHeader, BinaryHeadersNameTheSource) {
  EXPECT_EQ(decode(binary(0x21, 0x11, kV4)).source, "10.1.2.3:51234");
  EXPECT_EQ(decode(binary(0x21, 0x21, kV6)).source, "[2001:db8::7]:51234");
  EXPECT_EQ(decode(binary(0x21, 0x11, kV4 + field(0x02, "crawl.example") + field(0x04, "padding"))).source,
            "10.1.2.3:51234");
}

TEST_P(ProxyHeader, SomeNameNoSource) {
  for (const std::string& header :
       {std::string("PROXY UNKNOWN\r\n"), std::string("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"), binary(0x20, 0x00, ""),
        binary(0x20, 0x11, kV4), binary(0x21, 0x00, "whatever"), binary(0x21, 0x31, std::string(216, 'u'))}) {
    const Decoded decoded = decode(header);
    EXPECT_EQ(decoded.step, Step::kDone) << decoded.detail;
    EXPECT_EQ(decoded.source, "");
  }
}

TEST_P(ProxyHeader, AChecksumMustMatch) {
  const std::string sound =
      with_checksum(binary(0x21, 0x11, kV4 + field(0x02, "a") + field(0x03, std::string(4, '\0'))));
  EXPECT_EQ(decode(sound).source, "10.1.2.3:51234");
  const std::size_t type_at = sound.size() - 7;  // of the checksum itself: another type is no checksum
  for (std::size_t i = 16; i < sound.size(); ++i) {
    if (i == type_at) continue;
    std::string harmed = sound;
    harmed[i] = static_cast<char>(harmed[i] ^ 0x10);
    EXPECT_EQ(decode(harmed).step, Step::kRefused) << "byte " << i;
  }
}

TEST_P(ProxyHeader, OtherProtocolsAreToldWhatIsWanted) {
  for (const std::string_view other : {"GET / HTTP/1.1\r\n", "PUT / HTTP/1.1\r\n", "\r\n\r\nabc", "{\"a\":1}\n",
                                       "proxy TCP4 1.1.1.1 1.1.1.1 1 1\r\n"}) {
    const Decoded decoded = decode(other);
    EXPECT_EQ(decoded.step, Step::kRefused) << other;
    EXPECT_EQ(decoded.detail, "no PROXY header came first: this port takes connections from balancers that send one");
  }
}

TEST_P(ProxyHeader, BadLinesAreRefused) {
  for (const std::string_view bad :
       {"PROXY TCP4 10.1.2.3 10.0.0.1 51234 8940\n", "PROXY TCP4 10.1.2.3 10.0.0.1 51234\r\n",
        "PROXY TCP4 10.1.2.3 10.0.0.1 051234 8940\r\n", "PROXY TCP4 10.1.2.3 10.0.0.1 51234 70000\r\n",
        "PROXY TCP4 10.1.2 10.0.0.1 51234 8940\r\n", "PROXY TCP4 10.1.2.3 localhost 51234 8940\r\n",
        "PROXY TCP4 ::1 ::1 51234 8940\r\n", "PROXY TCP6 10.1.2.3 10.0.0.1 51234 8940\r\n",
        "PROXY TCP4  10.1.2.3 10.0.0.1 51234 8940\r\n", "PROXY UDP4 10.1.2.3 10.0.0.1 51234 8940\r\n",
        "PROXY TCP4 10.1.2.3 10.0.0.1 51234 8940 1\r\n", "PROXY \r\n"}) {
    const Decoded decoded = decode(bad);
    EXPECT_EQ(decoded.step, Step::kRefused) << bad;
    EXPECT_EQ(decoded.source, "") << bad;
  }
}

TEST_P(ProxyHeader, ALineIsAtMost107Bytes) {
  const std::string longest = "PROXY UNKNOWN " + std::string(107 - 16, 'x') + "\r\n";
  ASSERT_EQ(longest.size(), 107U);
  EXPECT_EQ(decode(longest).step, Step::kDone);
  EXPECT_EQ(decode("PROXY UNKNOWN " + std::string(107 - 15, 'x') + "\r\n").step, Step::kRefused);
}

TEST_P(ProxyHeader, BadBinaryHeadersAreRefused) {
  EXPECT_EQ(decode(binary(0x11, 0x11, kV4)).step, Step::kRefused);            // version 1
  EXPECT_EQ(decode(binary(0x22, 0x11, kV4)).step, Step::kRefused);            // command 2
  EXPECT_EQ(decode(binary(0x21, 0x12, kV4)).step, Step::kRefused);            // datagrams
  EXPECT_EQ(decode(binary(0x21, 0x11, kV4.substr(1))).step, Step::kRefused);  // addresses cut off
  EXPECT_EQ(decode(binary(0x21, 0x11, kV4 + "\x01")).step, Step::kRefused);   // a field cut off
  EXPECT_EQ(decode(binary(0x21, 0x11, kV4 + std::string("\x01\x00\x05x", 4))).step, Step::kRefused);
  EXPECT_EQ(decode(binary(0x21, 0x11, kV4 + field(0x03, "abc"))).step, Step::kRefused);  // no checksum's length
}

TEST_P(ProxyHeader, ALongBinaryHeaderIsRefusedBeforeItComes) {
  const std::string longest = binary(0x21, 0x11, kV4 + field(0x04, std::string(4096 - 16 - 12 - 3, '\0')));
  ASSERT_EQ(longest.size(), ProxyHeaderDecoder::kBytesMax);
  EXPECT_EQ(decode(longest).step, Step::kDone);
  const std::string too_long = binary(0x21, 0x11, std::string(4096 - 15, '\0'));
  EXPECT_EQ(decode(too_long.substr(0, 16)).step, Step::kRefused);
}

INSTANTIATE_TEST_SUITE_P(InPieces, ProxyHeader, testing::Values(1, 3, 100'000));

}  // namespace
}  // namespace crawlspool::net
