#include "daemon/connection/admission.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace crawlspool::connection {
namespace {

base::MachineKey machine(const std::string& host) {
  const auto endpoint = base::Endpoint::parse("tcp://" + host + ":1");
  EXPECT_TRUE(endpoint) << host;
  return endpoint ? endpoint->machine_key() : base::MachineKey{};
}

config::Limits limits(std::uint64_t connections, std::uint64_t per_ip) {
  config::Limits all;
  all.connections_max = connections;
  all.connections_per_ip_max = per_ip;
  return all;
}

constexpr proto::Input kStream = proto::input("stream");
constexpr proto::Input kHttp = proto::input("http");
constexpr proto::Input kAdmin = proto::input("admin");

using Tickets = std::vector<Admission::Ticket>;

// How many of `count` connections from `from` are let in; their tickets stay in `tickets`.
int admitted(Admission& admission, Tickets& tickets, const base::MachineKey& from, int count,
             proto::Input input = kStream) {
  int in = 0;
  for (int i = 0; i < count; ++i) {
    auto ticket = admission.admit(input, from);
    if (!ticket || ticket->refused()) continue;
    ++in;
    tickets.push_back(std::move(*ticket));
  }
  return in;
}

TEST(Admission, HoldsTheLimitOverAllOfStreamAndHttpTogether) {
  Admission admission(limits(5, 0));
  Tickets tickets;
  EXPECT_EQ(admitted(admission, tickets, machine("10.0.0.1"), 3, kStream), 3);
  EXPECT_EQ(admitted(admission, tickets, machine("10.0.0.2"), 9, kHttp), 2);
  const auto refused = admission.admit(kStream, machine("10.0.0.3"));
  ASSERT_TRUE(refused && refused->refused());
  EXPECT_EQ(refused->refused()->key, "connections_max");
  EXPECT_EQ(refused->refused()->max, 5U);
  EXPECT_EQ(admission.counts().open[kStream], 3U);
  EXPECT_EQ(admission.counts().open[kHttp], 2U);
  EXPECT_EQ(admission.counts().refused_total, 8U);
}

TEST(Admission, HoldsTheLimitOfOneMachine) {
  Admission admission(limits(0, 2));
  Tickets tickets;
  EXPECT_EQ(admitted(admission, tickets, machine("10.0.0.1"), 9), 2);
  EXPECT_EQ(admitted(admission, tickets, machine("10.0.0.2"), 9, kHttp), 2);
  const auto refused = admission.admit(kHttp, machine("10.0.0.1"));
  ASSERT_TRUE(refused && refused->refused());
  EXPECT_EQ(refused->refused()->key, "connections_per_ip_max");
  EXPECT_EQ(refused->refused()->max, 2U);
}

TEST(Admission, AnIpv6NetworkOf64BitsIsOneMachine) {
  Admission admission(limits(0, 2));
  Tickets tickets;
  EXPECT_EQ(admitted(admission, tickets, machine("[2001:db8:0:1::1]"), 1), 1);
  EXPECT_EQ(admitted(admission, tickets, machine("[2001:db8:0:1:ffff:ffff:ffff:ffff]"), 9), 1);
  EXPECT_EQ(admitted(admission, tickets, machine("[2001:db8:0:2::1]"), 9), 2);
}

TEST(Admission, AMappedIpv4AddressIsThatMachine) {
  Admission admission(limits(0, 2));
  Tickets tickets;
  EXPECT_EQ(admitted(admission, tickets, machine("10.0.0.1"), 1), 1);
  EXPECT_EQ(admitted(admission, tickets, machine("[::ffff:10.0.0.1]"), 9), 1);
  EXPECT_EQ(admitted(admission, tickets, machine("[::ffff:10.0.0.2]"), 9), 2);
  EXPECT_EQ(admission.counts().machines, 2U);
}

TEST(Admission, ALowerLimitSendsNobodyAwayAndCountsForThoseWhoCome) {
  Admission admission(limits(4, 0));
  Tickets tickets;
  ASSERT_EQ(admitted(admission, tickets, machine("10.0.0.1"), 4), 4);
  admission.set_limits(limits(2, 0));
  EXPECT_EQ(admission.counts().open[kStream], 4U);
  tickets.resize(2);
  EXPECT_EQ(admitted(admission, tickets, machine("10.0.0.1"), 1), 0);
  tickets.resize(1);
  EXPECT_EQ(admitted(admission, tickets, machine("10.0.0.1"), 9), 1);
  admission.set_limits(limits(0, 3));
  EXPECT_EQ(admitted(admission, tickets, machine("10.0.0.1"), 9), 1);
}

TEST(Admission, ZeroIsNoLimit) {
  Admission admission(limits(0, 0));
  Tickets tickets;
  EXPECT_EQ(admitted(admission, tickets, machine("10.0.0.1"), 5000), 5000);
}

TEST(Admission, ATicketGivesItsPlaceBackOnceHoweverItMoved) {
  Admission admission(limits(2, 2));
  {
    auto first = admission.admit(kStream, machine("10.0.0.1"));
    auto second = admission.admit(kHttp, machine("10.0.0.1"));
    ASSERT_TRUE(first && second);
    Admission::Ticket moved(std::move(*first));
    EXPECT_EQ(admission.counts().open[kStream], 1U);
    moved = std::move(*second);  // what it held goes
    EXPECT_EQ(admission.counts().open[kStream], 0U);
    EXPECT_EQ(admission.counts().open[kHttp], 1U);
    Admission::Ticket& itself = moved;
    moved = std::move(itself);
    EXPECT_EQ(admission.counts().open[kHttp], 1U);
    Admission::Ticket none;
    moved = std::move(none);
    EXPECT_EQ(admission.counts().open[kHttp], 0U);
  }
  EXPECT_EQ(admission.counts().open[kStream] + admission.counts().open[kHttp], 0U);
  EXPECT_EQ(admission.counts().machines, 0U);
  Tickets tickets;
  EXPECT_EQ(admitted(admission, tickets, machine("10.0.0.1"), 9), 2);
}

TEST(Admission, AnEndedConnectionMakesRoomForTheNext) {
  Admission admission(limits(3, 1));
  for (int i = 0; i < 1000; ++i) {
    Tickets tickets;
    ASSERT_EQ(admitted(admission, tickets, machine("10.0.0." + std::to_string(i % 250)), 2), 1);
  }
  EXPECT_EQ(admission.counts().machines, 0U);
}

TEST(Admission, RefusedTicketsAreBoundedAndTakeNoPlace) {
  Admission admission(limits(1, 0));
  Tickets tickets;
  ASSERT_EQ(admitted(admission, tickets, machine("10.0.0.1"), 1), 1);
  Tickets refused;
  int closed = 0;
  for (int i = 0; i < 300; ++i) {
    auto ticket = admission.admit(kStream, machine("10.0.0.2"));
    if (ticket)
      refused.push_back(std::move(*ticket));
    else
      ++closed;
  }
  EXPECT_EQ(refused.size(), 256U);
  EXPECT_EQ(closed, 44);
  EXPECT_EQ(admission.counts().refused_total, 300U);
  EXPECT_EQ(admission.counts().open[kStream], 1U);
  EXPECT_EQ(admission.counts().machines, 1U);
  refused.pop_back();
  EXPECT_TRUE(admission.admit(kStream, machine("10.0.0.2")));
  refused.clear();
  tickets.clear();
  EXPECT_EQ(admitted(admission, tickets, machine("10.0.0.2"), 1), 1);
}

TEST(Admission, OperatorsGetInBesideTheLimits) {
  Admission admission(limits(1, 1));
  Tickets tickets;
  ASSERT_EQ(admitted(admission, tickets, machine("10.0.0.1"), 1), 1);
  EXPECT_EQ(admitted(admission, tickets, machine("10.0.0.1"), 100, kAdmin), 100);
  EXPECT_EQ(admission.counts().open[kAdmin], 100U);
  EXPECT_EQ(admission.counts().open[kStream], 1U);
  tickets.clear();
  EXPECT_EQ(admission.counts().open[kAdmin], 0U);
}

TEST(Admission, HoldsTheLimitOfOneClientByItsName) {
  config::Limits all = limits(0, 0);
  all.connections_per_client_max = 2;
  Admission admission(all);
  Tickets tickets;
  ASSERT_EQ(admitted(admission, tickets, machine("10.0.0.1"), 4), 4);
  EXPECT_FALSE(tickets[0].name_client("w"));
  EXPECT_FALSE(tickets[1].name_client("w"));
  const auto limit = tickets[2].name_client("w");
  ASSERT_TRUE(limit);
  EXPECT_EQ(limit->key, "connections_per_client_max");
  EXPECT_EQ(limit->max, 2U);
  EXPECT_FALSE(tickets[3].name_client("another"));
  EXPECT_FALSE(tickets[2].name_client(""));  // without a name it counts for none
}

TEST(Admission, AClientsPlaceComesBackWithItsTicketOrBefore) {
  config::Limits all = limits(0, 0);
  all.connections_per_client_max = 1;
  Admission admission(all);
  Tickets tickets;
  ASSERT_EQ(admitted(admission, tickets, machine("10.0.0.1"), 3), 3);
  ASSERT_FALSE(tickets[0].name_client("w"));
  tickets[0].leave_client();
  tickets[0].leave_client();
  ASSERT_FALSE(tickets[1].name_client("w"));
  EXPECT_TRUE(tickets[2].name_client("w"));
  tickets[1] = Admission::Ticket();
  EXPECT_FALSE(tickets[2].name_client("w"));
}

}  // namespace
}  // namespace crawlspool::connection
