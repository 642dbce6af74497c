"""The blocking and the asyncio client behind one face, so that both are held to the same claims."""

import asyncio
import threading

import crawlspool
import crawlspool.aio


class Flavour:
    @property
    def counters(self):
        return self.client.counters()

    @property
    def engine(self):
        return self.client._driver._sessions.engine

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Blocking(Flavour):
    def __init__(self, *args, **options):
        self.client = crawlspool.Client(*args, **options)
        self.send, self.flush, self.close = self.client.send, self.client.flush, self.client.close
        self.try_send = self.client.try_send

    def send_all(self, records):
        for record in records:
            self.client.send(record)


class Asyncio(Flavour):
    """Its loop runs in a thread of its own; each call here is one in that loop."""

    def __init__(self, *args, **options):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.client = crawlspool.aio.Client(*args, **options)
        if options.get("buffer_dir"):
            self.call(self.client.__aenter__())

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    def send(self, record):
        self.call(self.client.send(record))

    def try_send(self, record):
        async def attempt():
            return self.client.try_send(record)
        return self.call(attempt())

    def send_all(self, records):
        async def all_of_them():
            for record in records:
                await self.client.send(record)
        self.call(all_of_them())

    def flush(self, timeout=None):
        self.call(self.client.flush(timeout))

    def close(self, timeout=None):
        try:
            self.call(self.client.close(timeout))
        finally:
            if self.loop.is_running():
                self.loop.call_soon_threadsafe(self.loop.stop)
                self.thread.join()
                self.loop.close()
