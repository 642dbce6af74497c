"""Sessions as tests use them: what the spool shows of one, and connections that say hello, send and go."""

import hashlib
import secrets

from frames import BYE, frame


def new_session():
    return secrets.token_hex(16)


def digits(session):
    """What the spool, the log and the status show of a session."""
    return hashlib.sha256(session.lower().encode()).hexdigest()[:16]


def lines_of(daemon, session):
    return daemon.spool.lines(session=digits(session), live=True)


def numbers_and_records(daemon, session):
    return [(line.seq, line.record) for line in lines_of(daemon, session)]


def numbered(first, last):
    return [(number, b"%d" % number) for number in range(first, last + 1)]


def payloads(first, last):
    return [payload for _, payload in numbered(first, last)]


def send_and_settle(daemon, session, records, **members):
    """One connection from hello to goodbye; its welcome."""
    with daemon.connect() as client:
        welcome = client.hello(session=session, **members)
        client.send_records(records)
        client.wait_ack()
        client.send(frame(b"", BYE))
        client.expect_goodbye("bye")
    return welcome


def ask(daemon, session, **members):
    """The welcome of a connection that sends nothing."""
    return send_and_settle(daemon, session, [], **members)
