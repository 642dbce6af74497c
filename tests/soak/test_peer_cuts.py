"""The same power cuts for others of the trade as for us, under one load, counted in one way: records acknowledged
before the cut and not there after it, and records both sent and acknowledged when the disk was gone already. (What was
on its way at the cut counts for neither: the kernel may let a sync succeed that the cut came into the middle of.)
Prints a table and judges nobody but us. CRAWLSPOOL_PEER_CUTS sets how many cuts each gets on each file system."""

import os
import random
import shutil
import time

import pytest

from beanstalk_peer import Beanstalk
from crawlspool_peer import Crawlspool
from loop_disk import MAKE, LoopDisk
from peer_writer import PeerWriter
from redis_peer import RedisAlways, RedisEverySecond
from waiting import wait_until

CUTS = int(os.environ.get("CRAWLSPOOL_PEER_CUTS", "5"))
SEED = int(os.environ.get("CRAWLSPOOL_SEED", "20261120"))
WRITERS = 3
RESIGN_S = 0.03  # how long a server may go on without its disk, as one whose disk has died would


@pytest.fixture(params=MAKE)
def disk(request, tmp_path):
    made = LoopDisk(tmp_path, request.param)
    yield made
    made.remove()


class Count:
    def __init__(self):
        self.acked = self.lost = self.cuts_with_loss = self.acked_without_disk = self.not_up_again = 0

    def add(self, writers, promised, gone, stored):
        lost = 0
        for writer, before, sent in zip(writers, promised, gone):
            lost += sum(writer.ledger.payload(number) not in stored for number in range(1, before + 1))
            self.acked_without_disk += max(0, writer.ledger.acked - sent)
        self.acked += sum(promised)
        self.lost += lost
        self.cuts_with_loss += lost > 0


def cut_once(kind, disk, tmp_path, number, chance, count):
    directory = disk.place / f"{number}"
    directory.mkdir()
    os.sync()
    peer = kind(directory, tmp_path / "peer.log")
    try:
        assert peer.start(), f"{kind.title} does not start"
        writers = [PeerWriter(peer, f"{number}-{index}") for index in range(WRITERS)]
        for writer in writers:
            writer.start()
        enough = chance.randrange(4, 600)
        wait_until(lambda: sum(writer.ledger.acked for writer in writers) >= enough, f"{enough} acks", 20)
        time.sleep(chance.uniform(0, 0.02))
        promised = [writer.ledger.acked for writer in writers]
        disk.cut()
        gone = [writer.ledger.sent for writer in writers]
        time.sleep(RESIGN_S)
        peer.kill()
        for writer in writers:
            writer.join()
        disk.power_up()
        up = peer.start()
        count.not_up_again += not up
        count.add(writers, promised, gone, set(peer.stored()) if up else set())
    finally:
        peer.kill()
    shutil.rmtree(directory)


@pytest.mark.parametrize("kind", [Crawlspool, Beanstalk, RedisAlways, RedisEverySecond], ids=lambda kind: kind.__name__)
def test_what_is_lost_in_power_cuts(kind, disk, tmp_path, request):
    chance = random.Random(SEED)
    count = Count()
    began = time.monotonic()
    for number in range(CUTS):
        cut_once(kind, disk, tmp_path, number, chance, count)
    took = time.monotonic() - began
    print(f"\n| {kind.title} | {request.node.callspec.params['disk']} | {CUTS} | {count.acked} | {count.lost} | "
          f"{count.cuts_with_loss} | {count.acked_without_disk} | {count.not_up_again} | {took:.0f} s |")
    if kind is Crawlspool:
        assert (count.lost, count.acked_without_disk, count.not_up_again) == (0, 0, 0)


def test_the_table_has_a_head():
    print("\n| server | file system | cuts | acked | lost of these | cuts that lost | acked without a disk | "
          "not up again | took |\n|---|---|---|---|---|---|---|---|---|")
