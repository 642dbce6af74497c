"""Calls the callbacks with what a session has to report, outside of any lock."""

from __future__ import annotations

from typing import Callable, List

from .journal import Journal
from .options import Options, Reject
from .session import Session


def call_back(options: Options, journal: Journal, session: Session) -> None:
    """Where one thread has it all."""
    call_back_taken(options, journal, session.take_unreported(), session.take_acked())


def call_back_taken(options: Options, journal: Journal, rejects: List[Reject], acked: int) -> None:
    for reject in rejects:
        if options.on_reject:
            call(journal, options.on_reject, reject)
        else:
            journal.warning("record %d was rejected: %s: %s", reject.number, reject.code, reject.detail)
    if acked and options.on_ack:
        call(journal, options.on_ack, acked)


def call(journal: Journal, function: Callable[..., object], *arguments: object) -> None:
    """What a callback raises is its author's to see, and stops nothing."""
    try:
        function(*arguments)
    except Exception as error:
        journal.error("a callback of the client failed", error=error)
