"""The sessions that one connection after the other is for: that of this client, or those that processes before this one
left in the buffer directory. One at a time, so that the leftovers of a hundred workers take no more memory, threads and
connections than those of one. No lock: the owner has one."""

from __future__ import annotations

from typing import List, Optional

from .buffer import Buffer
from .engine import Engine
from .journal import Journal
from .leftovers import Leftovers
from .options import Options
from .outbox import Outbox
from .route import Route
from .session import Counters


class Sessions:
    """`engine`, `outbox` and `route` are those of the session whose turn it is."""

    def __init__(self, options: Options, journal: Journal, own: Optional[Buffer] = None,
                 leftovers: Optional[Leftovers] = None) -> None:
        self.journal = journal
        self._options = options
        self._past = Counters()
        self._leftovers = leftovers
        self._open(own)
        self.advance()

    def _open(self, buffer: Optional[Buffer]) -> None:
        options = self._options
        self.outbox = Outbox(options.window, options.window_bytes, options.batch_records, options.batch_bytes, buffer)
        self.engine = Engine(options, self.outbox, self.journal)
        self.engine.finishing = self._leftovers is not None
        self.route = Route(options, self.engine.session)

    def _later(self) -> List[Buffer]:
        return self._leftovers.held() if self._leftovers else []

    @property
    def held(self) -> int:
        return self.outbox.held + (sum(one.records.unread for one in self._later()) if self._leftovers else 0)

    def is_crowded(self) -> bool:
        """Whether records should come more slowly: the server does not read, or half of the room is used up."""
        return bool(self.engine.slow) or self.outbox.is_crowded()

    def is_done(self) -> bool:
        return self.engine.is_done() and not self._later()

    def advance(self) -> None:
        """Between two connections: where a session is done, the next one has its turn."""
        while self._leftovers and self._leftovers.waiting and self.engine.is_done():
            self.close_current()
            self._past.add(self.engine.session.snapshot())
            buffer = self._leftovers.pop()
            try:
                self._open(buffer)
            except OSError as error:
                self._leftovers.give_up(buffer, error)
                self._open(None)

    def counters(self) -> Counters:
        total = self.engine.session.snapshot()
        total.add(self._past)
        for buffer in self._later():
            waiting = buffer.records.unread
            total.add(Counters(unsettled=waiting, buffered=waiting, buffer_bytes=buffer.records.bytes))
        return total

    def close_current(self) -> None:
        if self.outbox.buffer:
            self.outbox.buffer.close()

    def close(self) -> None:
        """What is not settled waits in the directory for the next start."""
        self.close_current()
        for buffer in self._later():
            buffer.close()

    def release(self) -> None:
        """In a fork's child: the directories stay the parent's."""
        for buffer in [self.outbox.buffer, *self._later()]:
            if buffer:
                buffer.release()
