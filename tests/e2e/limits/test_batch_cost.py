"""What batches are for: packed ones move a fraction of the bytes, and records in batches cost the daemon less than
records in frames of their own. CRAWLSPOOL_COST_RECORDS sets how many records the CPU time is measured over; what it has
to be like is asked by `./dev soak costs` only: a busy machine may say anything."""

import json
import os
import random

import zstd_frames
from frames import BATCH, ZSTD_BATCH, frame

RECORDS = int(os.environ.get("CRAWLSPOOL_COST_RECORDS", "200000"))
BATCH_RECORDS = 1000
PAGES_A_BATCH = 50
SYLLABLES = "ka ro mi ten sol ber an ti lu men dor ve sha in qua pre st".split()


def vocabulary(chance, size=6000):
    return ["".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))) for _ in range(size)]


class Site:
    """A shop whose pages share their frame and differ in their text, as crawled pages do."""

    def __init__(self, chance, words):
        self.chance = chance
        self.words = words
        self.weights = [1 / rank for rank in range(1, len(words) + 1)]  # as words of a language are spread
        self.host = f"www.{chance.choice(words)}{chance.randrange(100)}.example"
        self.menu = "".join(f'<li class="nav-item"><a class="nav-link" href="/c/{word}/">{word.title()}</a></li>'
                            for word in chance.sample(words, 25))

    def text(self, count):
        return " ".join(self.chance.choices(self.words, self.weights, k=count))

    def page(self, number):
        title = self.text(6).title()
        paragraphs = "".join(f"<p>{self.text(self.chance.randint(20, 90)).capitalize()}.</p>"
                             for _ in range(self.chance.randint(3, 12)))
        cards = "".join(f'<div class="card" data-id="{self.chance.randrange(10**9)}"><h3>{self.text(4)}</h3>'
                        f'<span class="price">{self.chance.randrange(10**5) / 100:.2f} €</span></div>'
                        for _ in range(8))
        html = (f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} | {self.host}</title>'
                f'<link rel="stylesheet" href="/static/main.css"></head><body><nav><ul>{self.menu}</ul></nav>'
                f'<main><h1>{title}</h1>{paragraphs}<section>{cards}</section></main></body></html>')
        return json.dumps({
            "url": f"https://{self.host}/item/{self.chance.randrange(10**12)}", "status": 200, "depth": number % 5,
            "fetched": f"2026-11-{self.chance.randint(1, 28):02}T04:05:06Z", "etag": f"{self.chance.getrandbits(64):x}",
            "html": html}, ensure_ascii=False).encode()


def make_pages(count):
    chance = random.Random(20261120)
    words = vocabulary(chance)
    sites = [Site(chance, words) for _ in range(5)]
    return [sites[number % len(sites)].page(number) for number in range(count)]


def in_batches(payloads, size, kind):
    contents = [b"\n".join(payloads[begin:begin + size]) for begin in range(0, len(payloads), size)]
    return [frame(zstd_frames.compress(content) if kind == ZSTD_BATCH else content, kind) for content in contents]


def send_all(client, pieces):
    """Each as a client sends it: by a call of its own."""
    for piece in pieces:
        client.sock.sendall(piece)


def test_packed_batches_of_pages_move_at_most_a_quarter_of_the_bytes(start):
    daemon = start()
    pages = make_pages(500)
    sent = {"plain": [frame(page) for page in pages], "zstd": in_batches(pages, PAGES_A_BATCH, ZSTD_BATCH)}
    sizes = {name: sum(map(len, pieces)) for name, pieces in sent.items()}
    for pieces in sent.values():
        client = daemon.connect(timeout=60)
        send_all(client, pieces)
        client.wait_ack(len(pages))
        assert not client.rejects
        assert daemon.spool.records(peer=client.name, live=True) == pages
    print(f"{len(pages)} pages of {sum(map(len, pages)) // len(pages)} bytes: {sizes['plain']} bytes in frames, "
          f"{sizes['zstd']} in packed batches of {PAGES_A_BATCH}, {sizes['plain'] / sizes['zstd']:.1f} times fewer")
    assert sizes["plain"] >= 4 * sizes["zstd"]


def test_records_in_batches_cost_less_cpu_than_in_frames(start):
    daemon = start()
    records = [b'{"url":"https://example.org/item/%d","status":200}' % number for number in range(RECORDS)]
    sent = {"plain": [frame(record) for record in records], "batch": in_batches(records, BATCH_RECORDS, BATCH),
            "zstd": in_batches(records, BATCH_RECORDS, ZSTD_BATCH)}
    cost = {}
    for name, pieces in sent.items():
        with daemon.connect(timeout=120) as client:
            client.send_record(b'"warm"')
            client.wait_ack()
            before = daemon.cpu_seconds()
            send_all(client, pieces)
            client.wait_ack(1 + RECORDS)
            cost[name] = (daemon.cpu_seconds() - before) / RECORDS * 1e9
    print(f"{RECORDS} records, ns of the daemon's CPU for each: "
          + ", ".join(f"{name} {nanoseconds:.0f}" for name, nanoseconds in cost.items()))
    if "CRAWLSPOOL_COST_RECORDS" in os.environ:
        assert cost["batch"] < cost["plain"] and cost["zstd"] < cost["plain"]
