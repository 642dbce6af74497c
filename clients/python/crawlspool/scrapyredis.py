"""The item pipeline for Scrapy that pushes items by Redis' protocol, to a crawlspoold with listen.redis or to any Redis:

    ITEM_PIPELINES = {"crawlspool.scrapy.RedisItemsPipeline": 300}
    CRAWLSPOOL_REDIS_URL = "redis://crawl-server:8944"

It has a URL of its own, so that REDIS_URL stays that of the scheduler. An item is through once its RPUSH was replied to,
which crawlspoold does when the item is on the disk. One thread pushes what waits, in pipelines of a bounded size; while the
server is away or its disk is full it tries again, and the items wait, which holds the crawl up by itself. What was cut off
before its reply is pushed again: an item may then be there twice, which CrawlSpoolPipeline's sessions rule out."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import queue
import threading
from typing import Any, Dict, List, NamedTuple, Optional

from .errors import ArgumentError, ConfigurationError, Unsettled
from .names import nearest_stream_name
from .scrapyitems import ItemEncoder
from .scrapysettings import read_redis_arguments

log = logging.getLogger("crawlspool")

PIPELINE_ITEMS = 100
PIPELINE_BYTES = 1 << 20
REPLY_SECONDS = 120.0  # beyond timeouts.write, after which a full disk is replied
RETRY_SECONDS = (0.2, 5.0)  # the first pause and the longest one
CLOSE_SECONDS = 30.0


class _Pushed(NamedTuple):
    payload: bytes
    stored: "concurrent.futures.Future[None]"


class RedisItemsPipeline:
    def __init__(self, crawler: Any) -> None:
        arguments: Dict[str, Any] = {"stream": nearest_stream_name(crawler.spider.name),
                                     **read_redis_arguments(crawler.settings)}
        self._stats = crawler.stats
        self._encode = ItemEncoder(arguments.get("default")).item
        self._pusher = _Pusher(_connect(arguments), arguments["stream"], arguments.get("close_timeout", CLOSE_SECONDS),
                               self._stats)

    @classmethod
    def from_crawler(cls, crawler: Any) -> RedisItemsPipeline:
        return cls(crawler)

    def open_spider(self, spider: Any = None) -> None:
        self._pusher.start()

    async def process_item(self, item: Any, spider: Any = None) -> Any:
        try:
            payload = self._encode(item)
        except (TypeError, ValueError):
            self._stats.inc_value("crawlspool/not_json")
            raise
        await _in_loop(self._pusher.push(payload))
        self._stats.inc_value("crawlspool/acked")
        return item

    def close_spider(self, spider: Any = None) -> None:
        """No item is under way any more, unless the crawl was ended by force."""
        self._pusher.end()


class _Pusher(threading.Thread):
    """Owns the connection; what it is given waits in a queue that Scrapy's CONCURRENT_ITEMS bounds."""

    def __init__(self, client: Any, key: str, close_timeout: float, stats: Any) -> None:
        super().__init__(name="crawlspool-redis", daemon=True)
        import redis
        self._retried = (redis.ConnectionError, redis.TimeoutError)
        self._error = redis.RedisError
        self._client = client
        self._key = key
        self._close_timeout = close_timeout
        self._stats = stats
        self._waiting: "queue.SimpleQueue[Optional[_Pushed]]" = queue.SimpleQueue()
        self._ending = threading.Event()

    def push(self, payload: bytes) -> "concurrent.futures.Future[None]":
        pushed = _Pushed(payload, concurrent.futures.Future())
        self._waiting.put(pushed)
        return pushed.stored

    def end(self) -> None:
        self._ending.set()
        self._waiting.put(None)
        self.join(self._close_timeout)

    def run(self) -> None:
        try:
            while True:
                batch = self._next()
                if not batch:
                    return
                self._push_until_replied(batch)
        finally:
            self._client.close()

    def _next(self) -> List[_Pushed]:
        """What waits, as much as a pipeline may hold; nothing at the end."""
        batch: List[_Pushed] = []
        size = 0
        while len(batch) < PIPELINE_ITEMS and size < PIPELINE_BYTES:
            try:
                pushed = self._waiting.get(block=not batch)
            except queue.Empty:
                break
            if pushed is None:
                self._waiting.put(None)
                break
            batch.append(pushed)
            size += len(pushed.payload)
        return batch

    def _push_until_replied(self, batch: List[_Pushed]) -> None:
        pause, longest = RETRY_SECONDS
        while batch:
            try:
                batch = self._push(batch)
                why = "the server's disk is full"
            except self._retried as error:
                why = str(error)
            except self._error as error:
                return _fail(batch, error)
            if not batch:
                return
            if self._ending.is_set():
                return _fail(batch, Unsettled(len(batch), f"the crawl has ended: {why}"))
            log.warning("%d items wait: %s", len(batch), why)
            self._stats.inc_value("crawlspool/maybe_twice", len(batch))
            self._ending.wait(pause)
            pause = min(2 * pause, longest)

    def _push(self, batch: List[_Pushed]) -> List[_Pushed]:
        """Those that are to be pushed again."""
        with self._client.pipeline(transaction=False) as pipe:
            for pushed in batch:
                pipe.rpush(self._key, pushed.payload)
            replies = pipe.execute(raise_on_error=False)
        again: List[_Pushed] = []
        for pushed, reply in zip(batch, replies):
            if not isinstance(reply, Exception):
                pushed.stored.set_result(None)
            elif isinstance(reply, self._retried) or str(reply).startswith("crawlspool disk_full"):
                again.append(pushed)
            else:
                self._stats.inc_value("crawlspool/rejected")
                pushed.stored.set_exception(reply)
        return again


def _fail(batch: List[_Pushed], error: Exception) -> None:
    for pushed in batch:
        pushed.stored.set_exception(error)


def _connect(arguments: Dict[str, Any]) -> Any:
    """ConfigurationError names the setting. Nothing is connected to yet."""
    try:
        import redis
    except ImportError as error:
        raise ConfigurationError("crawlspool.scrapy.RedisItemsPipeline needs the package redis: pip install redis") from error
    url = arguments.get("redis_url")
    rule = "redis://HOST:PORT, rediss://HOST:PORT or unix:///PATH"
    if not url:
        raise ArgumentError("CRAWLSPOOL_REDIS_URL", url, rule)
    try:
        return redis.Redis.from_url(url, client_name=arguments.get("client"), socket_timeout=REPLY_SECONDS)
    except (ValueError, TypeError, AttributeError) as error:
        raise ArgumentError("CRAWLSPOOL_REDIS_URL", url, rule) from error


async def _in_loop(stored: "concurrent.futures.Future[None]") -> None:
    """Waits for it in Scrapy's loop, be it asyncio's or another reactor of Twisted's."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        from twisted.internet import defer, reactor
        deferred: Any = defer.Deferred()
        from_thread: Any = reactor
        stored.add_done_callback(lambda done: from_thread.callFromThread(_pass_on, done, deferred))
        await deferred
        return
    await asyncio.wrap_future(stored)


def _pass_on(done: "concurrent.futures.Future[None]", deferred: Any) -> None:
    error = done.exception()
    if error is None:
        deferred.callback(None)
    else:
        deferred.errback(error)
