"""Whether the server still says something: after half of the answer timeout it is asked, after all of it given up. No
I/O, no clock."""

from __future__ import annotations

from typing import Optional


class Silence:
    def __init__(self, answer_timeout: float) -> None:
        self._answer_timeout = answer_timeout
        self._since = 0.0  # when the server last said something, or was first asked to
        self._asked = False

    def begin(self, now: float) -> None:
        """Something came, or an answer is awaited from now on."""
        self._since, self._asked = now, False

    def due(self, now: float) -> float:
        """Seconds until the server is to be asked or given up."""
        return self._since + self._answer_timeout / (1 if self._asked else 2) - now

    def given_up(self, now: float) -> Optional[float]:
        """How long it has lasted, once that is too long."""
        silent = now - self._since
        return silent if silent >= self._answer_timeout else None

    def asks(self, now: float) -> bool:
        """Once in a silence: whether the server is to be asked for a sign of life."""
        if self._asked or now - self._since < self._answer_timeout / 2:
            return False
        self._asked = True
        return True
