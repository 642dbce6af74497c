"""The asyncio client: the same engine as the blocking one, driven by the event loop it is used in. Not for several
threads, nor for several loops. Where there is a buffer directory, send() writes the record to its file in the loop's
thread."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
from types import TracebackType
from typing import Callable, List, Optional, Sequence, Set, Type, Union

from .buffer import open_buffers
from .errors import Closed, Unsettled
from .options import Options, Reject, parse_directory, parse_servers
from .records import Record, encode
from .runner import Runner
from .session import Counters

log = logging.getLogger("crawlspool")

_open: Set[Client] = set()


class Client:
    """Sends records to a crawlspool server; README.md explains each argument. Begins on the first send(), flush() or
    `async with`, in the loop that runs then."""

    def __init__(self, servers: Union[str, Sequence[str]] = "tcp://127.0.0.1:8940", *, client: Optional[str] = None,
                 stream: Optional[str] = None, ack: str = "synced", window: int = 8192, window_bytes: int = 64 << 20,
                 batch_records: int = 1024, batch_bytes: int = 1 << 20, batch_seconds: float = 0.02,
                 compress: bool = True, buffer_dir: Union[None, str, "os.PathLike[str]"] = None,
                 buffer_bytes: int = 1 << 30, buffer_sync: bool = False, when_full: str = "block",
                 move: str = "resend", tls: Optional[ssl.SSLContext] = None, connect_timeout: float = 10.0,
                 answer_timeout: float = 60.0, close_timeout: Optional[float] = None,
                 on_reject: Optional[Callable[[Reject], None]] = None,
                 on_ack: Optional[Callable[[int], None]] = None) -> None:
        self._options = Options(parse_servers(servers), client, stream, ack, window, window_bytes, batch_records,
                                batch_bytes, batch_seconds, compress, parse_directory(buffer_dir), buffer_bytes,
                                buffer_sync, when_full, move, tls, connect_timeout, answer_timeout, close_timeout,
                                on_reject, on_ack)
        self._runner: Optional[Runner] = None
        self._runners: List[Runner] = []  # that one, and those for sessions that processes before this one left
        self._closed = False

    def _start(self) -> Runner:
        if self._closed:
            raise Closed("the client is closed")
        if self._runner is None:
            options = self._options
            if options.buffer_dir is None:
                runners = [Runner(options, None)]
            else:
                own, others = open_buffers(options.buffer_dir, options.identity, options.buffer_bytes,
                                           options.buffer_sync)
                runners = [Runner(options, own)] + [Runner(options, other, only_drains=True) for other in others]
            self._runners, self._runner = runners, runners[0]
            _open.add(self)
        return self._runner

    async def send(self, record: Record) -> None:
        """Takes the record: bytes and str are JSON texts and go as they are, anything else is written as JSON. Waits
        while there is no room, or raises Full if the client was told so. TypeError or ValueError: no JSON."""
        runner = self._runner or self._start()
        payload = encode(record)
        if not runner.try_put(payload):
            await runner.put(payload)
        elif runner.has_spilled():
            await asyncio.sleep(0)  # the buffer takes records faster than the loop sends them

    def try_send(self, record: Record) -> bool:
        """As send(), but False instead of a wait."""
        return (self._runner or self._start()).try_put(encode(record))

    async def flush(self, timeout: Optional[float] = None) -> None:
        """Waits until everything sent so far, and everything that processes before this one left in the buffer
        directory, is settled: synced to the server's disk, or rejected. Unsettled after that many seconds; Refused
        where no server will have it."""
        self._start()
        try:
            await asyncio.wait_for(asyncio.gather(*(runner.wait_settled() for runner in self._runners)), timeout)
        except asyncio.TimeoutError:
            raise Unsettled(self.counters().unsettled, "the client goes on trying") from None

    async def close(self, timeout: Optional[float] = None) -> None:
        """Takes no more records, waits until all is settled, and ends the connection. If that is not so after `timeout`
        (else `close_timeout`) seconds: with a buffer directory what is left stays there for the next start; without one
        it is lost with this client, and Unsettled says so."""
        self._closed = True
        seconds = self._options.close_timeout if timeout is None else timeout
        for runner in self._runners:
            runner.finish()
        unsettled = 0
        try:
            await asyncio.wait_for(asyncio.gather(*(runner.wait_settled() for runner in self._runners)), seconds)
        except asyncio.TimeoutError:
            pass
        finally:
            for runner in self._runners:
                unsettled += await runner.stop()
            _open.discard(self)
        if unsettled and self._options.buffer_dir is None:
            raise Unsettled(unsettled, "they are lost with this client")
        if unsettled:
            log.warning("%d records are not settled yet; they wait in %s for the next start", unsettled,
                        self._options.buffer_dir)

    def counters(self) -> Counters:
        total = Counters()
        for runner in self._runners:
            total.add(runner.engine.session.snapshot())
        return total

    @property
    def crowded(self) -> bool:
        """Whether records should come more slowly: the server does not read, or half of the room is used up."""
        return self._runner is not None and self._runner.is_crowded()

    async def __aenter__(self) -> Client:
        self._start()
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        trace: Optional[TracebackType]) -> None:
        await self.close()

    def _forked(self) -> None:
        """In a fork's child, where the loop is not to be used: the parent keeps the session and its records."""
        self._closed = True
        for runner in self._runners:
            runner.abandon()
        self._runner, self._runners = None, []


def _forked() -> None:
    clients = list(_open)
    _open.clear()
    for client in clients:
        client._forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
