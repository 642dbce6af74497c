"""Calls back what a session has to tell, outside of any lock."""

from __future__ import annotations

import logging
from typing import Callable, List

from .options import Options, Reject
from .session import Session

log = logging.getLogger("crawlspool")


def tell(options: Options, session: Session) -> None:
    """Where one thread has it all."""
    tell_taken(options, session.take_untold(), session.take_acked())


def tell_taken(options: Options, rejects: List[Reject], acked: int) -> None:
    for reject in rejects:
        if options.on_reject:
            call(options.on_reject, reject)
        else:
            log.warning("record %d was rejected: %s: %s", reject.number, reject.code, reject.detail)
    if acked and options.on_ack:
        call(options.on_ack, acked)


def call(function: Callable[..., object], *arguments: object) -> None:
    """What a callback raises is its author's to see, and stops nothing."""
    try:
        function(*arguments)
    except Exception:
        log.exception("a callback of the client failed")
