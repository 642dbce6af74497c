"""What the blocking and the asyncio client have in common: their arguments, the sessions they begin, what is said at
their end, and that a fork's child and the program's end find each client there is."""

from __future__ import annotations

import abc
import atexit
import logging
import os
import ssl
import weakref
from typing import Any, Callable, Generic, List, Optional, Sequence, Set, TypeVar, Union

from .errors import Closed, Unsettled
from .journal import Journal
from .leftovers import Leftovers
from .options import Options, Reject, parse_directory, parse_servers, parse_stream
from .records import Default, Encoder
from .session import Counters
from .sessions import Sessions
from .tls import Path

log = logging.getLogger("crawlspool")

BYE_SECONDS = 5.0  # for the server's goodbye, once all is settled
GRACE_SECONDS = 1.0  # for a connection to end in order, however little time close() has

_all: weakref.WeakSet[ClientBase[Any]] = weakref.WeakSet()  # a fork's child has to touch each
_open: Set[ClientBase[Any]] = set()  # those that hold records or might: a program's end has to
_running = True  # until the program's end; None once this module is taken down


class Driver(abc.ABC):
    """What moves the bytes of one session after the other."""

    @abc.abstractmethod
    def counters(self) -> Counters: ...

    @abc.abstractmethod
    def is_crowded(self) -> bool: ...

    @abc.abstractmethod
    def abandon(self) -> None:
        """In a fork's child: lets go of what is the parent's, without a word to anybody."""


DriverT = TypeVar("DriverT", bound=Driver)


class ClientBase(abc.ABC, Generic[DriverT]):
    def __init__(self, servers: Union[str, Sequence[str]] = "tcp://127.0.0.1:8940", *, client: Optional[str] = None,
                 stream: Optional[str] = None, ack: str = "synced", window: int = 8192, window_bytes: int = 64 << 20,
                 batch_records: int = 1024, batch_bytes: int = 1 << 20, batch_seconds: float = 0.02,
                 compress: bool = True, buffer_dir: Union[None, str, "os.PathLike[str]"] = None,
                 buffer_bytes: int = 1 << 30, buffer_sync: bool = False, when_full: str = "block",
                 move: str = "resend", tls: Optional[ssl.SSLContext] = None, tls_ca: Path = None,
                 tls_certificate: Path = None, tls_key: Path = None, token: Optional[str] = None,
                 connect_timeout: float = 10.0,
                 answer_timeout: float = 60.0, close_timeout: Optional[float] = None,
                 on_reject: Optional[Callable[[Reject], None]] = None,
                 on_ack: Optional[Callable[[int], None]] = None, default: Optional[Default] = None) -> None:
        """README.md says more of each:

        servers: tcp://HOST:PORT, tls://HOST:PORT or unix:///PATH, tried in turn; a list, or a string with commas
        client, stream: who sends, and a label; they stand in each line of the spool
        ack: "synced", or "written" for acks that do not wait for the sync
        window, window_bytes: what may be unsettled in memory
        batch_records, batch_bytes: a batch's size
        batch_seconds: how long a record waits for company while others are on their way
        compress: zstd, where this Python has one
        buffer_dir: where records are kept until they are settled, so that they survive this process
        buffer_bytes: the most that its files take
        buffer_sync: they survive the loss of power too
        when_full: "block", or "raise" for Full where send() would wait
        move: "resend" to the next server what the one before has not acked, or "keep" it for that one
        tls: a context, in place of the files that come next
        tls_ca: the PEM file of the CAs that the server's certificate is checked by, in place of the system's
        tls_certificate, tls_key: the PEM files of this client's certificate, where the server wants one
        token: by which the server knows who sends; a secret
        connect_timeout: seconds for a connection to come about
        answer_timeout: seconds of silence after which a connection is given up
        close_timeout: seconds that close() waits for what is unsettled; None: as long as it takes
        on_reject: called once with each record that the server will never store
        on_ack: called with the count of records that have just been settled
        default: called with what of a record JSON cannot hold; it returns something that JSON can
        """
        self._options = Options(
            servers=parse_servers(servers), client=client, stream=parse_stream(stream), ack=ack, window=window,
            window_bytes=window_bytes, batch_records=batch_records, batch_bytes=batch_bytes,
            batch_seconds=batch_seconds, compress=compress, buffer_dir=parse_directory(buffer_dir),
            buffer_bytes=buffer_bytes, buffer_sync=buffer_sync, when_full=when_full, move=move, tls=tls,
            tls_ca=tls_ca, tls_certificate=tls_certificate, tls_key=tls_key, token=token,
            connect_timeout=connect_timeout, answer_timeout=answer_timeout, close_timeout=close_timeout, on_reject=on_reject, on_ack=on_ack,
            default=default)
        self._encode = Encoder(default)
        self._reset()
        _all.add(self)
        self._made()

    def _reset(self) -> None:
        self._driver: Optional[DriverT] = None
        self._drivers: List[DriverT] = []  # that one, and another for what processes before this one left
        self._closed = False
        self._journal = self._make_journal()

    @staticmethod
    @abc.abstractmethod
    def _make_journal() -> Journal: ...

    def _made(self) -> None:
        """What can begin at once."""

    @abc.abstractmethod
    def _make_driver(self, sessions: Sessions) -> DriverT: ...

    @abc.abstractmethod
    def _forked(self) -> None:
        """In a fork's child: the parent keeps the sessions and their records."""

    @abc.abstractmethod
    def _at_exit(self) -> None:
        """The program ends, and this client was not closed."""

    def _check_open(self) -> None:
        if self._closed or not _running:
            raise closed()

    def _make_drivers(self) -> List[DriverT]:
        """The first is for what this client sends, a second one for what processes before this one left."""
        options = self._options
        if options.buffer_dir is None:
            return [self._make_driver(Sessions(options, self._journal))]
        leftovers = Leftovers(options.buffer_dir, options.buffer_bytes, options.buffer_sync, self._journal)
        own = leftovers.open_own(options.identity)
        try:
            leftovers.take()
            drivers = [self._make_driver(Sessions(options, self._journal, own))]
            if leftovers.waiting:
                drivers.append(self._make_driver(Sessions(options, self._journal, leftovers=leftovers)))
            return drivers
        except BaseException:
            for buffer in [own, *leftovers.held()]:
                buffer.release()
            raise

    def _begin(self, drivers: List[DriverT]) -> DriverT:
        self._drivers, self._driver = drivers, drivers[0]
        _open.add(self)
        return drivers[0]

    def _end(self, unsettled: int, *, raises: bool) -> None:
        """Says what close() could not settle, once; where that is lost, by Unsettled, unless something else is
        raised."""
        is_first = self in _open
        _open.discard(self)
        if unsettled and is_first:
            self._report_unsettled(unsettled, is_raised=raises)
        self._journal.publish()
        if unsettled and raises and self._options.buffer_dir is None:
            raise Unsettled(unsettled, "they are lost with this client")

    def _report_unsettled(self, count: int, *, is_raised: bool) -> None:
        if self._options.buffer_dir is not None:
            self._journal.warning("%d records are not settled yet; they wait in %s for the next start", count,
                                  self._options.buffer_dir)
        elif not is_raised:
            self._journal.error("%d records are not settled; they are lost with this client", count)

    def counters(self) -> Counters:
        total = Counters()
        for driver in self._drivers:
            total.add(driver.counters())
        return total

    @property
    def crowded(self) -> bool:
        """Whether records should come more slowly: the server does not read, or half of the room is used up."""
        return self._driver is not None and self._driver.is_crowded()


def _forked() -> None:
    _open.clear()
    for client in list(_all):
        client._forked()


def closed() -> Closed:
    """For a client that takes nothing, or nothing more."""
    return Closed("the client is closed" if _running else "the interpreter is shutting down: the client is closed")


def _end_all() -> None:
    """What is sent after this is refused: nobody would wait for it."""
    global _running
    _running = False
    for client in list(_open):
        try:
            client._at_exit()
        except Exception as error:
            log.error("at exit: %s", error)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
atexit.register(_end_all)
