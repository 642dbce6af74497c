"""Whole crawls of a site on loopback by a real Scrapy, while the daemon comes and goes: every item is stored once.
Which Scrapy: that of CRAWLSPOOL_SCRAPY_PYTHON, else Debian's."""

import collections
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

import pytest
from records import dead_address
from site_of_pages import GBK_TEXT, Site
from tls_end import TlsEnd
from waiting import seconds, wait_until

PYTHON = os.environ.get("CRAWLSPOOL_SCRAPY_PYTHON", "/usr/bin/python3")
OUTAGE_SECONDS = float(os.environ.get("CRAWLSPOOL_OUTAGE_SECONDS", "0"))
ITEMS_PER_PAGE = 3
ATTEMPTS_IN_VAIN = 3  # to connect: an outage that goes on
CRAWL = pathlib.Path(__file__).with_name("crawl.py")
REACTORS = ["twisted.internet.epollreactor.EPollReactor", "twisted.internet.asyncioreactor.AsyncioSelectorReactor"]


def scrapy_version():
    found = subprocess.run([PYTHON, "-c", "import scrapy; print(scrapy.__version__)"], capture_output=True, text=True,
                           check=False)
    return tuple(map(int, found.stdout.split(".")[:2])) if found.returncode == 0 else None


VERSION = scrapy_version()
pytestmark = pytest.mark.skipif(VERSION is None, reason=f"{PYTHON} has no Scrapy (Debian: python3-scrapy)")


class Crawl:
    def __init__(self, site, server_url, *settings, delay=0):
        # What is freed goes back to the system at once, so that its memory is what it holds.
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1",
                       "MALLOC_MMAP_THRESHOLD_": "32768", "MALLOC_ARENA_MAX": "1"}
        self.process = subprocess.Popen(
            [PYTHON, "-W", "default", str(CRAWL), site.url, server_url, str(delay), str(ITEMS_PER_PAGE), *settings],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        self.log = []
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr))
        self.reader.start()

    def wait_log(self, words, timeout=60, *, times=1):
        wait_until(lambda: sum(words in line for line in list(self.log)) >= times, f"the crawl says {words!r}", timeout)

    def memory_kib(self, what):
        """As /proc has it: what it takes now (VmRSS), and the most it ever took (VmHWM)."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(what + r":\s+(\d+) kB", status)[1])

    def end(self, timeout=120):
        """Its stats and peak memory once it has ended by itself."""
        try:
            output = self.process.stdout.read()
            code = self.process.wait(seconds(timeout))
        finally:
            self.process.kill()
            self.reader.join()
        print("".join(self.log[-60:]))
        assert code == 0, code
        return json.loads(output.splitlines()[-1])


def assert_each_item_once(server, pages):
    stored = [json.loads(record) for record in server.records()]
    items = collections.Counter((record["page"]["url"].rsplit("/", 1)[1], record["n"]) for record in stored)
    expected = {(str(page), n) for page in range(pages) for n in range(ITEMS_PER_PAGE)}
    assert set(items) == expected
    assert set(items.values()) == {1}
    return stored


def served(site):
    with site.lock:
        return len(site.served)


@pytest.mark.parametrize("reactor", REACTORS, ids=["twisted", "asyncio"])
def test_every_item_is_stored_with_its_page_and_the_stats_say_so(start, reactor):
    server = start()
    with Site(100, time.monotonic) as site:
        crawl = Crawl(site, server.url, f"TWISTED_REACTOR={reactor}")
        outcome = crawl.end()
    stored = assert_each_item_once(server, 100)
    stats = outcome["stats"]
    assert (stats["crawlspool/acked"], stats["crawlspool/rejected"], stats["crawlspool/unsettled"]) == (300, 0, 0)
    assert stats["finish_reason"] == "finished" and stats["item_scraped_count"] == 300
    for record in stored:
        number = int(record["page"]["url"].rsplit("/", 1)[1])
        assert record["page"]["charset"] == ("gb18030" if number % 5 == 0 else "utf-8")
        assert (GBK_TEXT if number % 5 == 0 else "page") + f" {number}<" in record["page"]["body"]
    line = server.spool.segments()[0][1].read_bytes().split(b"\n")[0]
    assert b'"client":"crawl-test"' in line and '"stream":"страницы_of_a_site"'.encode() in line
    assert not [one for one in crawl.log if "eprecat" in one and "rawlSpool" in one]


@pytest.mark.skipif(VERSION is None or VERSION < (2, 15), reason="this Scrapy does not run without a reactor")
def test_a_crawl_without_twisteds_reactor(start):
    server = start()
    with Site(50, time.monotonic) as site:
        Crawl(site, server.url, "TWISTED_REACTOR_ENABLED=False").end()
    assert_each_item_once(server, 50)


def test_an_item_that_json_cannot_hold_is_an_error_of_its_own(start):
    server = start()
    with Site(20, time.monotonic) as site:
        crawl = Crawl(site, server.url, "CRAWL_BAD_ITEMS=True")
        outcome = crawl.end()
    assert_each_item_once(server, 20)
    assert outcome["stats"]["log_count/ERROR"] == 4  # one with bytes and one of half a surrogate pair, on two pages
    assert outcome["stats"]["crawlspool/not_json"] == 4
    assert any("record['bytes'] holds bytes, and JSON holds text only" in line for line in crawl.log)


@pytest.mark.parametrize("reactor", REACTORS, ids=["twisted", "asyncio"])
def test_the_daemon_may_be_killed_during_the_crawl(start, reactor):
    server = start()
    pages = 400
    with Site(pages, time.monotonic) as site:
        crawl = Crawl(site, server.url, f"TWISTED_REACTOR={reactor}", "CRAWLSPOOL_WINDOW=50", delay=0.005)
        for part in range(1, 6):
            wait_until(lambda: served(site) > part * pages // 8, "pages are served", 60)
            server.restart()
        outcome = crawl.end()
    assert_each_item_once(server, pages)
    assert outcome["stats"]["crawlspool/acked"] == pages * ITEMS_PER_PAGE
    assert outcome["stats"]["crawlspool/maybe_twice"] == 0


@pytest.mark.parametrize("reactor", REACTORS, ids=["twisted", "asyncio"])
def test_an_outage_stops_the_crawl_at_half_the_window_and_memory_ends_there(start, reactor):
    """What may be fetched and held without a server follows from the settings alone: neither the length of the outage
    nor what is left to crawl has a part in it."""
    pages, page_bytes, window, downloads, in_spider = 400, 100000, 120, 4, 10
    under_way = downloads + in_spider + 1  # pages that Scrapy itself has in hand; one more lets it notice its limit
    server = start()
    with Site(pages, time.monotonic, page_bytes) as site:
        crawl = Crawl(site, server.url, f"TWISTED_REACTOR={reactor}", f"CRAWLSPOOL_WINDOW={window}",
                      f"CONCURRENT_REQUESTS={downloads}", f"SCRAPER_SLOT_MAX_ACTIVE_SIZE={in_spider * page_bytes}",
                      "CRAWL_COLLECTS=True", delay=0.005)
        wait_until(lambda: served(site) > pages // 4, "pages are served", 60)
        warm_kib = crawl.memory_kib("VmRSS")
        server.terminate()
        before = served(site)
        crawl.wait_log("the crawl pauses")
        crawl.wait_log("the connection has ended", times=ATTEMPTS_IN_VAIN)
        time.sleep(OUTAGE_SECONDS)  # the length of the outage is what is asked for
        fetched = served(site) - before
        server.start()
        outcome = crawl.end()
    growth_kib = outcome["peak_kib"] - warm_kib
    print(f"Scrapy {outcome['scrapy']}: {fetched} of {pages} pages in the outage; {growth_kib} KiB above {warm_kib}")
    assert fetched <= window // 2 // ITEMS_PER_PAGE + 1 + under_way
    # A page under way: its bytes, its text and its tree (6 at most), and its items with what is sent of them.
    held = window * page_bytes + under_way * page_bytes * (6 + 3 * ITEMS_PER_PAGE)
    left = (pages - before) * ITEMS_PER_PAGE * page_bytes
    assert held < left / 2
    assert growth_kib < held // 1024
    assert_each_item_once(server, pages)


@pytest.mark.parametrize("reactor", REACTORS, ids=["twisted", "asyncio"])
def test_a_crawl_whose_items_nobody_will_have_ends(start, reactor):
    server = start()
    with Site(1000, time.monotonic) as site:
        crawl = Crawl(site, "tcp://{}:{}".format(*server.address("http")), f"TWISTED_REACTOR={reactor}")
        outcome = crawl.end()
    assert outcome["stats"]["finish_reason"] == "crawlspool_refused"
    assert len(site.served) < 1000
    assert any("the crawl ends" in line and "HTTP" in line for line in crawl.log)


LOOPS = [f"TWISTED_REACTOR={reactor}" for reactor in REACTORS] + ["TWISTED_REACTOR_ENABLED=False"]


@pytest.mark.parametrize("loop", LOOPS, ids=["twisted", "asyncio", "no reactor"])
@pytest.mark.parametrize("waits", ["the spider's end", "an item", "the spider's end, buffered"])
def test_the_second_ctrl_c_ends_the_crawl_at_once_and_says_what_is_not_stored(tmp_path, loop, waits):
    if loop.endswith("False") and VERSION < (2, 15):
        pytest.skip("this Scrapy does not run without a reactor")
    settings = [loop, "CRAWLSPOOL_WINDOW=1" if waits == "an item" else "CRAWLSPOOL_WINDOW=100000"]
    if waits.endswith("buffered"):
        settings += [f"CRAWLSPOOL_BUFFER_DIR={tmp_path}", "CRAWLSPOOL_CLOSE_TIMEOUT=1h"]
    sock, url = dead_address()
    with sock, Site(1000, time.monotonic) as site:
        crawl = Crawl(site, url, *settings, delay=0.005)
        try:
            if waits == "an item":
                crawl.wait_log("the crawl pauses")
            else:
                wait_until(lambda: served(site) > 8, "pages are served", 60)
            crawl.process.send_signal(signal.SIGINT)
            crawl.wait_log("shutting down gracefully" if waits == "an item" else "items to be stored")
            crawl.process.send_signal(signal.SIGINT)
            crawl.process.wait(seconds(20))
        finally:
            crawl.process.kill()
            crawl.reader.join()
    text = "".join(crawl.log)
    print(text)
    ending = "they wait in" if waits.endswith("buffered") else "the crawl is ended at once: .*lost with this client"
    told = [line for line in crawl.log if re.search(ending, line)]
    assert len(told) == 1
    assert int(re.search(r"(\d+) records are not settled", told[0])[1]) > 0


@pytest.mark.parametrize("reactor", REACTORS, ids=["twisted", "asyncio"])
@pytest.mark.parametrize("setting, named", [
    ("CRAWLSPOOL_WINDOW=1GiB", "CRAWLSPOOL_WINDOW is '1GiB'; it is a whole number"),
    ("CRAWLSPOOL_WINDOW=-1", "CRAWLSPOOL_WINDOW is -1; it is a whole number, at least 1"),
    ("CRAWLSPOOL_SERVERS=http://h", "CRAWLSPOOL_SERVERS is 'http://h'; it is tcp://HOST:PORT"),
    ("CRAWLSPOOL_SERVERS=unix://a", "CRAWLSPOOL_SERVERS is 'unix://a'; it is unix:// and then an absolute path"),
    ("CRAWLSPOOL_BUFFER_DIR=/dev/null/buffer", "CRAWLSPOOL_BUFFER_DIR is '/dev/null/buffer'; it is a directory in which"),
    ("CRAWLSPOOL_WINDOWS=7", "CRAWLSPOOL_WINDOWS is no setting of crawlspool; the nearest is CRAWLSPOOL_WINDOW")])
def test_a_wrong_setting_ends_the_crawl_by_name_before_a_page_is_fetched(reactor, setting, named):
    sock, url = dead_address()
    with sock, Site(3, time.monotonic) as site:
        crawl = Crawl(site, url, f"TWISTED_REACTOR={reactor}", setting)
        try:
            crawl.process.wait(seconds(60))
        finally:
            crawl.process.kill()
            crawl.reader.join()
        assert not site.served
    text = "".join(crawl.log)
    assert re.search(r"\S*Error: " + re.escape(named), text), text
    assert "AssertionError" not in text and "AttributeError" not in text, text


@pytest.mark.parametrize("scheme", ["tls", "tcp"])
def test_a_crawl_through_tls_is_set_by_the_path_of_the_ca(start, certificate, scheme):
    server = start()
    end = TlsEnd(server.address(), certificate)
    with end.listener, Site(5, time.monotonic) as site:
        Crawl(site, f"{scheme}://{end.address}", f"CRAWLSPOOL_TLS_CA={certificate[1]}").end()
    assert_each_item_once(server, 5)


def test_a_crawl_sends_to_a_unix_socket(start, tmp_path_factory):
    path = tmp_path_factory.mktemp("s") / "stream.sock"
    server = start({"listen.stream": json.dumps([f"unix://{path}"])})
    with Site(5, time.monotonic) as site:
        Crawl(site, server.url).end()
    assert_each_item_once(server, 5)


def test_with_a_buffer_directory_the_crawl_ends_without_the_daemon_and_the_next_one_sends(start, tmp_path):
    server = start()
    url = server.url
    server.terminate()
    settings = [f"CRAWLSPOOL_BUFFER_DIR={tmp_path / 'buffer'}", "CRAWLSPOOL_CLOSE_TIMEOUT=0", "CRAWLSPOOL_WINDOW=10"]
    with Site(50, time.monotonic) as site:
        outcome = Crawl(site, url, *settings).end()
    assert outcome["stats"]["crawlspool/unsettled"] == 50 * ITEMS_PER_PAGE
    assert outcome["stats"]["crawlspool/buffered"] == 50 * ITEMS_PER_PAGE - 10
    server.start()
    settings[1] = "CRAWLSPOOL_CLOSE_TIMEOUT=60"
    with Site(0, time.monotonic) as site:
        Crawl(site, url, *settings).end()
    stored = [json.loads(record)["page"]["url"] for record in server.records()]
    assert len(stored) == 51 * ITEMS_PER_PAGE  # and page 0 of the second crawl
