#include "daemon/connection/fair_share.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <vector>

namespace crawlspool::connection {
namespace {

using Ids = std::vector<base::ConnectionId>;
using Members = std::map<base::ConnectionId, std::unique_ptr<FairShare::Member>>;

constexpr std::uint64_t kHeavy = 2 * FairShare::kLightAddressMax;

base::MachineKey machine(unsigned char number) {
  base::MachineKey key;
  key.bytes[0] = number;
  return key;
}

FairShare::Member& join(FairShare& share, Members& members, base::ConnectionId id, unsigned char address) {
  return *members.emplace(id, std::make_unique<FairShare::Member>(share, id, machine(address))).first->second;
}

// Serves whoever is next, as those have always more, until so many turns are served.
Ids serve(FairShare& share, Members& members, std::size_t turns, std::uint64_t cost) {
  Ids served;
  while (served.size() < turns) {
    const auto id = share.next();
    if (!id) break;
    FairShare::Member& member = *members.at(*id);
    share.served(member);
    share.charge(member, cost);
    share.add(member);
    served.push_back(*id);
  }
  return served;
}

TEST(FairShare, WhoeverHadMuchLatelyIsNotLightUntilSomeTicksHavePassed) {
  FairShare share;
  Members members;
  FairShare::Member& one = join(share, members, 1, 1);
  EXPECT_TRUE(share.is_light(one));
  share.charge(one, FairShare::kLightConnectionMax + 1);
  EXPECT_FALSE(share.is_light(one));
  share.tick();
  EXPECT_TRUE(share.is_light(one));
}

TEST(FairShare, ManyLightConnectionsOfOneAddressAreNotLightTogether) {
  FairShare share;
  Members members;
  for (base::ConnectionId id = 1; id <= 20; ++id)
    share.charge(join(share, members, id, 1), FairShare::kLightConnectionMax);
  EXPECT_FALSE(share.is_light(*members.at(1)));
  EXPECT_FALSE(share.is_light(join(share, members, 21, 1)));  // a new connection is no way out
  EXPECT_TRUE(share.is_light(join(share, members, 22, 2)));
}

TEST(FairShare, OneWaitsOnceAndIsServedOnce) {
  FairShare share;
  Members members;
  FairShare::Member& one = join(share, members, 1, 1);
  EXPECT_FALSE(share.is_anyone_waiting());
  share.add(one);
  share.add(one);
  EXPECT_TRUE(one.is_waiting());
  EXPECT_EQ(share.next(), 1U);
  share.served(one);
  EXPECT_FALSE(share.is_anyone_waiting());
  EXPECT_EQ(share.next(), std::nullopt);
}

TEST(FairShare, TwoAddressesHaveTheSameHoweverManyConnectionsTheyHave) {
  FairShare share;
  Members members;
  for (base::ConnectionId id = 1; id <= 100; ++id) share.add(join(share, members, id, 1));
  share.add(join(share, members, 101, 2));
  std::size_t turns_of_other = 0;
  for (const base::ConnectionId id : serve(share, members, 1000, FairShare::kQuantum))
    turns_of_other += id == 101 ? 1 : 0;
  EXPECT_NEAR(static_cast<double>(turns_of_other), 500, 5);
}

TEST(FairShare, AnAddressPaysForATurnThatCostMoreThanItsQuantum) {
  FairShare share;
  Members members;
  share.add(join(share, members, 1, 1));
  share.add(join(share, members, 2, 2));
  std::map<base::ConnectionId, std::uint64_t> cost;
  while (cost[1] + cost[2] < 1000 * FairShare::kQuantum) {
    const base::ConnectionId id = share.next().value();
    const std::uint64_t turn = id == 1 ? 4 * FairShare::kQuantum : FairShare::kQuantum / 16;
    share.served(*members.at(id));
    share.charge(*members.at(id), turn);
    share.add(*members.at(id));
    cost[id] += turn;
  }
  EXPECT_NEAR(static_cast<double>(cost[1]) / static_cast<double>(cost[2]), 1, 0.1);
}

TEST(FairShare, ALightAddressIsNextHoweverManyWait) {
  FairShare share;
  Members members;
  for (base::ConnectionId id = 1; id <= 50; ++id) {
    FairShare::Member& member = join(share, members, id, static_cast<unsigned char>(id));
    share.charge(member, kHeavy);
    share.add(member);
  }
  share.add(join(share, members, 51, 51));
  EXPECT_EQ(share.next(), 51U);
}

TEST(FairShare, LightAndHeavyConnectionsOfOneAddressTakeTurns) {
  FairShare share;
  Members members;
  for (base::ConnectionId id = 1; id <= 3; ++id) {
    share.charge(join(share, members, id, 1), kHeavy);
    share.add(*members.at(id));
  }
  share.add(join(share, members, 4, 1));
  share.add(join(share, members, 5, 1));
  Ids order;
  while (const auto id = share.next()) order.push_back(*id);
  EXPECT_EQ(order, (Ids{4, 1, 5, 2, 3}));
}

TEST(FairShare, AddressesAreForgottenOnceTheyAreGoneAndTheirChargeToo) {
  FairShare share;
  Members members;
  share.charge(join(share, members, 1, 1), kHeavy);
  members.clear();
  for (int i = 0; i < 16; ++i) share.tick();
  EXPECT_EQ(share.addresses(), 1U);
  EXPECT_FALSE(share.is_anyone_waiting());
  for (int i = 0; i < 16; ++i) share.tick();
  EXPECT_EQ(share.addresses(), 0U);
}

}  // namespace
}  // namespace crawlspool::connection
