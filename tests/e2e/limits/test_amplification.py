"""limits.amplification_max: a few bytes of repetition do not become gigabytes of spool, from one connection or from many,
and records as crawlers send them never meet the limit."""

import gzip

import zstd_frames
from frames import BATCH, ZSTD_BATCH, frame
from test_batch_cost import in_batches, make_pages

MIB = 1 << 20
CREDIT = 16 * MIB
RECORDS = 2000  # of a batch: some 200 kB of lines from some 20 bytes
NDJSON = "application/x-ndjson"
OTHER_MACHINE = "127.0.0.2"


def repetitive(records=RECORDS):
    return b"1\n" * records


def amplifying(batches, records=RECORDS):
    return frame(zstd_frames.compress(repetitive(records)), ZSTD_BATCH) * batches


def limited(daemon):
    return daemon.status()["amplification_limited"]


def overdraw(daemon, **options):
    """A connection that is not read any more because of what it has made."""
    client = daemon.connect(**options)
    client.send(amplifying(400))
    slow = client.until("slow")
    assert slow["reason"] == "amplification" and slow["retry_after_ms"] > 0, slow
    return client


def test_a_connection_that_makes_too_much_is_not_read_until_its_credit_has_grown(start):
    daemon = start()
    client = daemon.connect(timeout=60)
    batches = 100
    client.send(amplifying(batches))
    assert client.until("slow")["reason"] == "amplification"
    made = daemon.status()["spool"]["position"]
    assert CREDIT < made < CREDIT + 4 * MIB, made
    assert limited(daemon) == 1
    assert daemon.events("amplification", peer=client.name)
    states = {one["peer"]: one["state"] for one in daemon.admin("/connections").json()["connections"]}
    assert states[client.name] == "amplification"
    client.until("resume")
    client.wait_ack(batches * RECORDS)  # nothing is lost


def test_neither_a_new_connection_nor_many_are_given_more(start):
    daemon = start()
    overdraw(daemon)
    made = daemon.status()["spool"]["position"]
    others = [daemon.connect() for _ in range(20)]
    for other in others:
        other.send(amplifying(20))
    for other in others:
        assert other.until("slow")["reason"] == "amplification"
    assert daemon.status()["spool"]["position"] - made < 8 * MIB
    assert limited(daemon) >= 21
    stranger = daemon.connect(source=OTHER_MACHINE)
    stranger.send(amplifying(1))
    stranger.wait_ack(RECORDS)


def test_others_of_the_address_go_on_within_the_limit(start):
    daemon = start()
    overdraw(daemon)
    pages = make_pages(100)
    client = daemon.connect(timeout=30)
    client.send_records(pages)
    client.wait_ack()
    for kind in (BATCH, ZSTD_BATCH):
        client.send(b"".join(in_batches(pages, 20, kind)))
        client.sent += len(pages)
        client.wait_ack()
    assert not daemon.events("amplification", peer=client.name)


def test_records_as_crawlers_send_them_never_meet_it(start):
    daemon = start()
    items = [b'{"url":"https://shop.example/item/%d","status":200,"title":"A thing to buy","price":"%d.00","in_stock":true}'
             % (number, number % 90) for number in range(20_000)]
    client = daemon.connect(timeout=60)
    for _ in range(10):  # more than the credit in all
        for batch in in_batches(items, 1000, ZSTD_BATCH):
            client.send(batch)
        client.sent += len(items)
    client.wait_ack()
    assert daemon.status()["spool"]["position"] > 2 * CREDIT
    assert limited(daemon) == 0


def test_over_http_the_request_is_refused_until_then(start):
    daemon = start()
    body = gzip.compress(repetitive(60_000), 9)
    refused = None
    for _ in range(20):
        with daemon.web() as web:
            response = web.post(body, NDJSON, Content_Encoding="gzip")
        if response.status != 200:
            refused = response
            break
    assert refused is not None and (refused.status, refused.error_code()) == (503, "amplification"), refused
    assert int(refused.headers["retry-after"]) >= 1
    assert daemon.status()["spool"]["position"] < CREDIT + 16 * MIB
    assert limited(daemon) >= 1
    assert daemon.post(b'{"a":1}').status == 200  # from the same address, and not out of proportion


def test_without_a_limit_all_is_taken(start):
    daemon = start({"limits.amplification_max": "0"})
    client = daemon.connect(timeout=60)
    client.send(amplifying(150))
    client.wait_ack(150 * RECORDS)
    assert limited(daemon) == 0


def test_a_stop_does_not_wait_for_credit(start):
    daemon = start({"timeouts.drain": "20s"})
    client = overdraw(daemon)
    daemon.signal(15)
    client.until("goodbye")
    assert daemon.wait_exit(10) == 0
