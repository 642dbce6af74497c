"""The item pipeline for Scrapy, from 2.8 on:

    ITEM_PIPELINES = {"crawlspool.scrapy.CrawlSpoolPipeline": 800}
    CRAWLSPOOL_SERVERS = "tcp://crawl-server:8940"

Every item becomes a record of the stream that is named for the spider. The client's thread sends; this file runs in
Scrapy's loop, be it Twisted's or asyncio's, and never blocks it: while there is no room for an item, process_item()
waits, which holds the crawl up by itself, and the engine is paused long before that. What ends the loop before the
spider is closed, as a second Ctrl-C does, ends the client at once."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from functools import partial
from typing import Any, Awaitable, Callable, Dict, List, Optional

import scrapy
from scrapy.utils.defer import deferred_from_coro

from .client import Client
from .errors import ArgumentError, Refused, Unsettled
from .names import nearest_stream_name
from .options import Reject
from .scrapyitems import ItemEncoder as _ItemEncoder
from .scrapyredis import RedisItemsPipeline as RedisItemsPipeline  # by Redis' protocol
from .scrapysettings import read_arguments, setting_of

log = logging.getLogger("crawlspool")

WATCH_SECONDS = 1.0  # how often it is looked whether the engine may go on, and the stats are set
BUFFERED_CLOSE_SECONDS = 30.0  # what waits in a buffer directory is not waited for any longer than that
_AWAITS_COROUTINES = scrapy.version_info >= (2, 14)  # in open_spider() and close_spider()


class CrawlSpoolPipeline:
    def __init__(self, crawler: Any) -> None:
        self._crawler = crawler
        arguments: Dict[str, Any] = {"stream": nearest_stream_name(crawler.spider.name), **read_arguments(crawler.settings)}
        self._client = _make_client(arguments)  # here, as Scrapy hides what open_spider() says behind errors of its own
        self._encode = _ItemEncoder(arguments.get("default")).item
        self._paused = False
        self._ending: Any = None  # of the crawl, before its time
        self._stop_watching: Callable[[], None] = lambda: None
        self._watching = False
        self._forget_shutdown: Callable[[], None] = lambda: None

    @classmethod
    def from_crawler(cls, crawler: Any) -> CrawlSpoolPipeline:
        return cls(crawler)

    def open_spider(self, spider: Any = None) -> None:
        self._forget_shutdown = _call_at_shutdown(self._client.end_now)

    async def process_item(self, item: Any, spider: Any = None) -> Any:
        try:
            payload = self._encode(item)
        except (TypeError, ValueError):
            self._crawler.stats.inc_value("crawlspool/not_json")
            raise
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
        self._stop_watching()
        unsettled = self._client.counters().unsettled
        if unsettled:
            log.info("waiting for %d items to be stored", unsettled)
        try:
            await _in_thread(self._client.close)
        finally:
            self._forget_shutdown()
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
        counters = self._client.counters()
        for name in ("acked", "rejected", "resent", "buffered", "unsettled", "maybe_twice", "verdicts_missed"):
            self._crawler.stats.set_value(f"crawlspool/{name}", getattr(counters, name))


class _CrawlClient(Client):
    """A client that is closed with its spider, or not at all: then nothing waits for it."""

    def end_now(self) -> None:
        try:
            self.close(0)
        except Unsettled as error:
            log.error("the crawl is ended at once: %s", error)

    def _at_exit(self) -> None:
        self.end_now()


def _make_client(arguments: Dict[str, Any]) -> _CrawlClient:
    """ConfigurationError names the setting."""
    if "buffer_dir" in arguments:
        arguments.setdefault("close_timeout", BUFFERED_CLOSE_SECONDS)
    try:
        return _CrawlClient(on_reject=_log_reject, **arguments)
    except ArgumentError as error:
        raise ArgumentError(setting_of(error.name), error.value, error.rule) from None
    except OSError as error:
        if "buffer_dir" not in arguments:
            raise
        raise ArgumentError(setting_of("buffer_dir"), arguments["buffer_dir"],
                            f"a directory in which this process may write: {error}") from None


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
    """In one that nobody waits for when the loop or the program ends, as both do for those of their pools."""
    failed: List[BaseException] = []

    def run() -> None:
        try:
            function()
        except BaseException as error:
            failed.append(error)
        try:
            done()
        except RuntimeError:
            pass  # the loop is closed

    loop = _loop()
    if loop:
        future = loop.create_future()
        waiting: Awaitable[None] = future
        done = partial(loop.call_soon_threadsafe, _set_done, future)
    else:
        from twisted.internet import defer, reactor
        deferred: Any = defer.Deferred()
        from_thread: Any = reactor
        waiting = deferred
        done = partial(from_thread.callFromThread, deferred.callback, None)
    threading.Thread(target=run, name="crawlspool-close", daemon=True).start()
    await waiting
    if failed:
        raise failed[0]


def _call_at_shutdown(function: Callable[[], None]) -> Callable[[], None]:
    """As Twisted's reactor stops; what takes that back. Without a reactor the program's end comes soon enough."""
    reactor: Any = sys.modules.get("twisted.internet.reactor")
    if reactor is None:
        return lambda: None
    trigger = [reactor.addSystemEventTrigger("before", "shutdown", function)]

    def take_back() -> None:
        if trigger:
            try:
                reactor.removeSystemEventTrigger(trigger.pop())
            except (KeyError, ValueError):
                pass  # it has been called

    return take_back


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
