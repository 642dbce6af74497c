"""Whether the server still gives a sign of life: after half of what it may take for an answer it is asked for one,
after all of it given up. Only bytes that come from it count. Bytes that were sent and acknowledged do not: a kernel
takes them for a process that hangs, and a proxy for a server that is gone. No I/O, no clock."""

from __future__ import annotations

import enum

SLOW_SECONDS = 45.0  # for a server that has said `slow`: three of its signs, which come every 15 s
BYTES_A_SECOND = 64 << 10  # what a line has to carry: PROTOCOL.md, timeouts.frame


class Next(enum.Enum):
    WAIT = 0
    ASK = 1  # once in a silence
    GIVE_UP = 2


class Silence:
    def __init__(self) -> None:
        self._since = 0.0  # when the server last gave a sign, or an answer was first awaited
        self._asked = False

    def begin(self, now: float) -> None:
        """Something came, or an answer is awaited from now on."""
        self._since, self._asked = now, False

    def due(self, now: float, limit: float) -> float:
        """Seconds until look() has something to say. `limit`: how long the server may be silent."""
        return self._since + limit / (1 if self._asked else 2) - now

    def look(self, now: float, limit: float) -> Next:
        silent = now - self._since
        if silent >= limit:
            return Next.GIVE_UP
        if silent >= limit / 2 and not self._asked:
            self._asked = True
            return Next.ASK
        return Next.WAIT


def silence_limit(answer_timeout: float, first_frame_bytes: int, is_slow: bool) -> float:
    """Seconds. The frame that is answered next has time to get through a slow line."""
    limit = answer_timeout + first_frame_bytes // BYTES_A_SECOND
    return max(limit, SLOW_SECONDS) if is_slow else limit
