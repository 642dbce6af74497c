"""Whether the server still gives a sign of life: after half of the answer timeout it is asked for one, after all of it
given up. Bytes that it takes are one as well: a large record on a slow line is answered late. No I/O, no clock."""

from __future__ import annotations

import enum


class Next(enum.Enum):
    WAIT = 0
    ASK = 1  # once in a silence
    GIVE_UP = 2


class Silence:
    def __init__(self, answer_timeout: float) -> None:
        self._answer_timeout = answer_timeout
        self._since = 0.0  # when the server last gave a sign, or was first asked to
        self._asked = False
        self._delivered = 0

    def begin(self, now: float) -> None:
        """Something came, or an answer is awaited from now on."""
        self._since, self._asked = now, False

    def due(self, now: float) -> float:
        """Seconds until look() has something to say."""
        return self._since + self._answer_timeout / (1 if self._asked else 2) - now

    def look(self, now: float, delivered: int) -> Next:
        """`delivered`: how many of this connection's bytes the other end has taken so far."""
        if delivered != self._delivered:
            self._delivered = delivered
            self.begin(now)
        silent = now - self._since
        if silent >= self._answer_timeout:
            return Next.GIVE_UP
        if silent >= self._answer_timeout / 2 and not self._asked:
            self._asked = True
            return Next.ASK
        return Next.WAIT
