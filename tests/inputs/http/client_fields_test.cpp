#include "daemon/inputs/http/client_fields.h"

#include <gtest/gtest.h>

#include <string>

namespace crawlspool::http {
namespace {

constexpr const char* kSession = "5f3a9c1204be77d0a1c25be6900f3e12";

ClientFields fields_of_session() {
  ClientFields fields;
  fields.session = kSession;
  fields.seq = "7";
  return fields;
}

// What is said of them, or "" where they are taken.
std::string refusal(const ClientFields& fields) {
  const auto client = read_client(fields);
  return client ? "" : client.error();
}

TEST(ClientFields, NoneIsAClientWithoutAName) {
  const auto client = read_client({});
  ASSERT_TRUE(client);
  EXPECT_FALSE(client->session);
  EXPECT_EQ(client->names.client, "");
}

TEST(ClientFields, EachIsRead) {
  ClientFields fields = fields_of_session();
  fields.client = "worker-7";
  fields.stream = "a/b";
  fields.from = "5";
  const auto client = read_client(fields);
  ASSERT_TRUE(client);
  EXPECT_EQ(client->names.client, "worker-7");
  EXPECT_EQ(client->names.stream, "a/b");
  EXPECT_EQ(client->names.session, "3c3317834a686e3c");
  ASSERT_TRUE(client->session);
  EXPECT_EQ(client->session->key, 0x3c3317834a686e3cU);
  EXPECT_EQ(client->session->first_seq, 7U);
  EXPECT_EQ(client->session->from, 5U);
}

// The stream that is read of the field; "" where it is refused.
std::string stream_of(const char* field) {
  ClientFields fields;
  fields.stream = field;
  const auto client = read_client(fields);
  return client ? client->names.stream : "";
}

TEST(ClientFields, TheStreamIsPercentEncoded) {
  EXPECT_EQ(stream_of("%E5%BC%95%e6%96%87/a"), "引文/a");
  EXPECT_EQ(stream_of("100%25"), "100%");
  EXPECT_EQ(stream_of("a+b"), "a+b");
  EXPECT_EQ(stream_of("%61%2F%22"), "a/\"");
  for (const char* field : {"%", "a%2", "%zz", "%2g", "% 41", "引文", "a b", "a\tb"}) {
    EXPECT_EQ(stream_of(field), "") << field;
    ClientFields fields;
    fields.stream = field;
    EXPECT_EQ(refusal(fields).find("Crawlspool-Stream is percent-encoded"), 0U) << field;
  }
  for (const char* field : {"%20", "%00", "%FF", "%C3", "%E2%80%8B", "a%0Ab"}) EXPECT_EQ(stream_of(field), "") << field;
}

TEST(ClientFields, SessionAndSeqNeedEachOtherAndFromNeedsBoth) {
  ClientFields without_seq = fields_of_session();
  without_seq.seq.reset();
  EXPECT_NE(refusal(without_seq), "");
  ClientFields without_session = fields_of_session();
  without_session.session.reset();
  EXPECT_NE(refusal(without_session), "");
  ClientFields only_from;
  only_from.from = "1";
  EXPECT_NE(refusal(only_from), "");
}

TEST(ClientFields, WrongOnesAreNamed) {
  for (const char* seq : {"", "0", "-1", "+1", " 1", "1.0", "0x1", "9007199254740992", "99999999999999999999"}) {
    ClientFields fields = fields_of_session();
    fields.seq = seq;
    EXPECT_EQ(refusal(fields).find("Crawlspool-Seq"), 0U) << seq;
    fields = fields_of_session();
    fields.from = seq;
    EXPECT_EQ(refusal(fields).find("Crawlspool-From"), 0U) << seq;
  }
  ClientFields fields = fields_of_session();
  fields.session = "5f3a";
  EXPECT_EQ(refusal(fields).find("Crawlspool-Session"), 0U);
  fields = fields_of_session();
  fields.client = "a b";
  EXPECT_EQ(refusal(fields).find("Crawlspool-Client"), 0U);
  fields = fields_of_session();
  fields.stream = "";
  EXPECT_EQ(refusal(fields).find("Crawlspool-Stream"), 0U);
  fields = fields_of_session();
  fields.is_repeated = true;
  EXPECT_EQ(refusal(fields), "a Crawlspool- field is there twice");
}

}  // namespace
}  // namespace crawlspool::http
