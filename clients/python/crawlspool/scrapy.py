"""The item pipeline for Scrapy, from 2.8 on:

    ITEM_PIPELINES = {"crawlspool.scrapy.CrawlSpoolPipeline": 800}
    CRAWLSPOOL_SERVERS = "tcp://crawl-server:8940"

Every item becomes a record of the stream that is named for the spider. The client's thread sends; this file runs in
Scrapy's loop, be it Twisted's or asyncio's, and never blocks it: while there is no room for an item, process_item()
waits, which holds the crawl up by itself, and the engine is paused long before that."""

from __future__ import annotations

import asyncio
import logging
import re
from functools import partial
from typing import Any, Awaitable, Callable, Dict, Optional

import scrapy
from itemadapter import ItemAdapter
from scrapy.utils.defer import deferred_from_coro
from scrapy.utils.serialize import ScrapyJSONEncoder

from .client import Client
from .errors import Refused
from .options import Reject

log = logging.getLogger("crawlspool")

WATCH_SECONDS = 1.0  # how often it is looked whether the engine may go on, and the stats are set
BUFFERED_CLOSE_SECONDS = 30.0  # what waits in a buffer directory is not waited for any longer than that
_AWAITS_COROUTINES = scrapy.version_info >= (2, 14)  # in open_spider() and close_spider()

# setting: (the client's argument, how it is read)
_ARGUMENTS = {
    "CRAWLSPOOL_CLIENT": ("client", "get"),
    "CRAWLSPOOL_STREAM": ("stream", "get"),
    "CRAWLSPOOL_WINDOW": ("window", "getint"),
    "CRAWLSPOOL_WINDOW_BYTES": ("window_bytes", "getint"),
    "CRAWLSPOOL_COMPRESS": ("compress", "getbool"),
    "CRAWLSPOOL_BUFFER_DIR": ("buffer_dir", "get"),
    "CRAWLSPOOL_BUFFER_BYTES": ("buffer_bytes", "getint"),
    "CRAWLSPOOL_BUFFER_SYNC": ("buffer_sync", "getbool"),
    "CRAWLSPOOL_MOVE": ("move", "get"),
    "CRAWLSPOOL_TLS": ("tls", "get"),
    "CRAWLSPOOL_CLOSE_TIMEOUT": ("close_timeout", "getfloat"),
}


class CrawlSpoolPipeline:
    def __init__(self, crawler: Any) -> None:
        self._crawler = crawler
        self._client: Optional[Client] = None
        self._encode = _ItemEncoder().encode
        self._paused = False
        self._ending: Any = None  # of the crawl, before its time
        self._stop_watching: Callable[[], None] = lambda: None
        self._watching = False

    @classmethod
    def from_crawler(cls, crawler: Any) -> CrawlSpoolPipeline:
        return cls(crawler)

    def open_spider(self, spider: Any = None) -> None:
        settings = self._crawler.settings
        arguments: Dict[str, Any] = {"stream": stream_name(self._crawler.spider.name)}
        for setting, (argument, getter) in _ARGUMENTS.items():
            if settings.get(setting) is not None:
                arguments[argument] = getattr(settings, getter)(setting)
        if arguments.get("buffer_dir"):
            arguments.setdefault("close_timeout", BUFFERED_CLOSE_SECONDS)
        self._client = Client(settings.getlist("CRAWLSPOOL_SERVERS", ["tcp://127.0.0.1:8940"]),
                              on_reject=_log_reject, **arguments)

    async def process_item(self, item: Any, spider: Any = None) -> Any:
        assert self._client is not None
        payload = self._encode(item).encode()
        if not self._watching:
            self._watching = True
            self._watch()
        try:
            while not self._client.try_send(payload):
                self._pace()
                await _wait(self._client, len(payload))
        except Refused as error:
            self._end_crawl(error)
            raise
        self._pace()
        return item

    def _end_crawl(self, why: Refused) -> None:
        """No server will have the items: whatever is fetched from here on is fetched for nothing."""
        engine = self._crawler.engine
        if self._ending is not None or engine is None:
            return
        log.error("the crawl ends: %s", why)
        if hasattr(engine, "close_spider_async"):
            self._ending = deferred_from_coro(engine.close_spider_async(reason="crawlspool_refused"))
        else:
            self._ending = engine.close_spider(self._crawler.spider, "crawlspool_refused")

    def close_spider(self, spider: Any = None) -> Any:
        """Once all items are settled, or Unsettled, which Scrapy logs."""
        if _AWAITS_COROUTINES:
            return self._close()
        return deferred_from_coro(self._close())

    async def _close(self) -> None:
        assert self._client is not None
        self._stop_watching()
        unsettled = self._client.counters().unsettled
        if unsettled:
            log.info("waiting for %d items to be stored", unsettled)
        try:
            await _in_thread(self._client.close)
        finally:
            self._set_stats()

    # Stats and back-pressure

    def _watch(self) -> None:
        self._pace()
        self._set_stats()
        self._stop_watching = _call_later(WATCH_SECONDS, self._watch)

    def _pace(self) -> None:
        """Pauses the engine while the server does not read or half of the room is used up. Paused by somebody else it
        stays so."""
        engine = self._crawler.engine
        assert self._client is not None
        crowded = self._client.crowded
        if engine is None or crowded == self._paused:
            return
        if crowded and not engine.paused:
            log.info("the crawl pauses: %d items are not stored yet", self._client.counters().unsettled)
            engine.pause()
            self._paused = True
            self._crawler.stats.inc_value("crawlspool/pauses")
        elif self._paused:
            log.info("the crawl goes on")
            engine.unpause()
            self._paused = False
            # It would look by itself within 5 s.
            slot: Any = getattr(engine, "_slot", None) or getattr(engine, "slot", None)
            if hasattr(slot, "nextcall"):
                slot.nextcall.schedule()

    def _set_stats(self) -> None:
        assert self._client is not None
        counters = self._client.counters()
        for name in ("acked", "rejected", "resent", "buffered", "unsettled", "maybe_twice", "verdicts_missed"):
            self._crawler.stats.set_value(f"crawlspool/{name}", getattr(counters, name))


class _ItemEncoder(ScrapyJSONEncoder):  # type: ignore[misc]
    """Items of every kind, and in them what Scrapy's own exporters take. Text stays text."""

    def __init__(self) -> None:
        super().__init__(ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    def encode(self, item: Any) -> str:
        text: str = super().encode(ItemAdapter(item).asdict() if ItemAdapter.is_item(item) else item)
        return text

    def default(self, value: Any) -> Any:
        if isinstance(value, (bytes, bytearray)):
            raise TypeError("the item holds bytes, and JSON holds text only; crawlspool.pages makes one of the other")
        return super().default(value)


def stream_name(spider: str) -> str:
    """The spider's name as far as a stream's name can have it."""
    return re.sub(r"[^A-Za-z0-9._:/-]", "_", spider)[:128] or "_"


def _log_reject(reject: Reject) -> None:
    log.error("the server rejected an item: %s: %s: %.200s", reject.code, reject.detail,
              reject.record.decode("utf-8", "replace"))


# Scrapy runs in asyncio's loop (by Twisted's reactor for it, or without one), or in another reactor of Twisted's.


def _loop() -> Optional[asyncio.AbstractEventLoop]:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _wait(client: Client, size: int) -> Awaitable[None]:
    """Until there may be room for a record of this size."""
    loop = _loop()
    if loop is None:
        from twisted.internet import defer, reactor
        deferred: Any = defer.Deferred()
        from_thread: Any = reactor
        client.call_when_room(lambda: from_thread.callFromThread(deferred.callback, None), size)
        waiting: Awaitable[None] = deferred
        return waiting
    future = loop.create_future()
    client.call_when_room(partial(loop.call_soon_threadsafe, _set_done, future), size)
    return future


def _set_done(future: "asyncio.Future[None]") -> None:
    if not future.done():  # it may be cancelled by now
        future.set_result(None)


async def _in_thread(function: Callable[[], None]) -> None:
    loop = _loop()
    if loop:
        await loop.run_in_executor(None, function)
    else:
        from twisted.internet.threads import deferToThread
        await deferToThread(function)


def _call_later(seconds: float, function: Callable[[], None]) -> Callable[[], None]:
    """What takes the call back."""
    loop = _loop()
    if loop:
        return loop.call_later(seconds, function).cancel
    from twisted.internet import reactor
    later: Any = reactor
    call = later.callLater(seconds, function)

    def cancel() -> None:
        if call.active():
            call.cancel()

    return cancel
