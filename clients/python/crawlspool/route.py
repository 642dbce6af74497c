"""Which server to try next, and after which wait: all in turn, then longer from round to round with chance in it, so
that a fleet does not come back as one. No I/O, no clock."""

from __future__ import annotations

import random
from typing import Dict, List, NamedTuple, Optional, Set

from .engine import Ended
from .errors import Refused
from .options import Options, Server, parse_servers
from .session import Session

FIRST_WAIT_SECONDS = 0.1
WAIT_SECONDS_MAX = 30.0


class Step(NamedTuple):
    server: Server
    wait_seconds: float


class Route:
    def __init__(self, options: Options, session: Session) -> None:
        self._servers = options.servers
        self._keep = options.move == "keep"
        self._session = session
        self._position = 0
        self._failures = 0  # since something was settled
        self._not_before: Dict[Server, float] = {}
        self._refused: Dict[Server, Refused] = {}
        self._welcomed: Set[Server] = set()

    def next(self, now: float) -> Step:
        server = self._server()
        wait = self._not_before.get(server, 0.0) - now
        if self._failures:
            rounds = (self._failures - 1) // len(self._servers)
            if self._failures % len(self._servers) == 0 or len(self._servers) == 1 or self._is_bound():
                longest = min(WAIT_SECONDS_MAX, FIRST_WAIT_SECONDS * 2.0 ** min(rounds, 20))
                wait = max(wait, random.uniform(longest / 2, longest))
        return Step(server, max(0.0, wait))

    def _is_bound(self) -> bool:
        """Whether what was sent and is not settled may only go to the server that has it."""
        return self._keep and bool(self._session.home) and self._session.unsettled_sent > 0

    def _server(self) -> Server:
        if self._is_bound():
            return parse_servers(self._session.home)[0]
        return self._servers[self._position % len(self._servers)]

    def ended(self, server: Server, ended: Ended, now: float) -> Optional[Refused]:
        """A connection, or the attempt at one, is over. Returns the error for the caller once every server refuses this
        client. One that has welcomed it before is asked again: whatever speaks there now may be gone tomorrow."""
        if ended.welcomed:
            self._welcomed.add(server)
        self._failures = 1 if ended.progress else self._failures + 1
        if ended.progress:
            self._refused.clear()
        if ended.retry_seconds:
            self._not_before[server] = now + ended.retry_seconds
        servers: List[Server] = [self._server()] if self._is_bound() else self._servers
        if not ended.progress or len(self._servers) > 1:
            self._position += 1
        if ended.refusal is None or server in self._welcomed:
            return None
        self._refused[server] = ended.refusal
        return ended.refusal if all(one in self._refused for one in servers) else None
