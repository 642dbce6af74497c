"""A send() that is cut short in its middle, as KeyboardInterrupt does it in a main thread, has taken its record or not:
no other record is lost, doubled or given another number. Each case breaks it off before one more of its opcodes."""

import select
import signal
import subprocess
import sys
import threading

import crawlspool
import pytest
from buffers import create, read_all, reopen
from conftest import CLIENT
from conversation import Conversation
from records import numbered
from waiting import seconds


class CutShort(BaseException):
    """Stands for KeyboardInterrupt."""


def cut_short(function, opcodes):
    """Whether it came to its end before so many opcodes of its own were done."""
    left = opcodes

    def trace(frame, event, _):
        nonlocal left
        if "crawlspool" not in frame.f_code.co_filename:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            left -= 1
            if left < 0:
                raise CutShort
        return trace

    before = sys.gettrace()
    sys._getframe().f_trace_opcodes = True  # from Python 3.12 on no frame has such events where none had it before
    sys.settrace(trace)
    try:
        function()
        return True
    except CutShort:
        return False
    finally:
        sys.settrace(before)


def conversation(kind, tmp_path, opcodes):
    if kind == "memory":
        return Conversation(batch_records=4)
    window = 3 if kind == "spilled" else 1000
    buffer = create(tmp_path / str(opcodes), bytes_max=32 << 10)
    if kind == "next file":
        buffer.records._segment_bytes = 40  # the fourth record begins one
    return Conversation(buffer=buffer, window=window, batch_records=4)


def all_sent(one, stored):
    """What was stored, and all that goes out until nothing is unsettled; each of it is acked."""
    while one.counters.unsettled:
        sent = one.sent()
        assert sent, "something is held, and does not go out"
        stored = stored + sent
        one.hear("ack", len(stored))
    return stored


@pytest.mark.parametrize("kind, goes_on", [("memory", "sends"), ("memory", "puts more"), ("buffer", "is killed"),
                                           ("buffer", "puts more"), ("spilled", "puts more"), ("next file", "sends"),
                                           ("next file", "puts more")])
def test_a_put_that_is_cut_short_harms_no_other_record(tmp_path, kind, goes_on, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda _: None)
    given = numbered(8)
    opcodes, ended, outcomes = 0, False, set()
    while not ended:
        one = conversation(kind, tmp_path, opcodes)
        one.put(*given[:3])
        ended = cut_short(lambda: one.put(given[3]), opcodes)
        if goes_on == "puts more":
            one.put(*given[4:])
        if goes_on == "is killed":
            again = reopen(one.outbox.buffer)
            stored = [record for _, record in read_all(again)]
            again.release()
        else:
            one.connect()
            stored = all_sent(one, [])
            assert one.counters.acked == one.counters.records == len(stored)
        rest = given[4:] if goes_on == "puts more" else []
        assert stored in (given[:3] + rest, given[:4] + rest), opcodes
        if kind != "memory" and goes_on == "puts more":
            assert one.outbox.next - 1 == one.outbox.buffer.records.next - 1 == len(stored)
        if one.outbox.buffer:
            one.outbox.buffer.release()
        outcomes.add(len(stored))
        opcodes += 1
    assert opcodes > 50 and len(outcomes) == 2


@pytest.mark.parametrize("kind", ["memory", "buffer", "next file"])
def test_a_put_that_is_cut_short_while_nothing_is_held_holds_up_no_other(tmp_path, kind, monkeypatch):
    """No ack is to come that would fetch from the buffer what memory does not have."""
    monkeypatch.setattr("os.fsync", lambda _: None)
    given = numbered(8)
    opcodes, ended, outcomes = 0, False, set()
    while not ended:
        one = conversation(kind, tmp_path, opcodes)
        one.connect()
        one.put(*given[:3])
        stored = all_sent(one, [])
        ended = cut_short(lambda: one.put(given[3]), opcodes)
        one.put(*given[4:])
        stored = all_sent(one, stored)
        assert stored in (given[:3] + given[4:], given), opcodes
        if one.outbox.buffer:
            one.outbox.buffer.release()
        outcomes.add(len(stored))
        opcodes += 1
    assert opcodes > 50 and len(outcomes) == 2


@pytest.mark.parametrize("kind", ["buffer", "next file", "spilled"])
def test_two_puts_in_a_row_that_are_cut_short_harm_no_other_record(tmp_path, kind, monkeypatch):
    """The second of them in the midst of what the first one's repair does."""
    monkeypatch.setattr("os.fsync", lambda _: None)
    given = numbered(8)
    first_ended, first, taken = False, 0, set()
    while not first_ended:
        second_ended, second = False, 0
        while not second_ended:
            one = conversation(kind, tmp_path / str(first), second)
            one.connect()
            one.put(*given[:3])
            stored = all_sent(one, [])
            first_ended = cut_short(lambda: one.put(given[3]), first)
            second_ended = cut_short(lambda: one.put(given[4]), second)
            one.put(*given[5:])
            between = all_sent(one, stored)[3:-3]
            assert between in ([], given[3:4], given[4:5], given[3:5]), (first, second)
            one.outbox.buffer.release()
            taken.add(len(between))
            second += 11
        first += 13
    assert taken == {0, 1, 2}


SENDER = """
import signal
import sys
sys.path.insert(0, sys.argv[1])
import crawlspool
options = {"buffer_dir": sys.argv[3]} if sys.argv[3] else {}
client = crawlspool.Client(sys.argv[2], window=500, batch_records=50, **options)
broken_off, armed, n = [], False, 0

def break_off(*_):
    global armed
    if armed:
        armed = False  # one for each send(): a second one may hit any code's way out
        raise KeyboardInterrupt

signal.signal(signal.SIGINT, break_off)
print("begins", flush=True)
while n < 60000 or len(broken_off) < 5:
    n += 1
    try:
        armed = True
        client.send(b"%d" % n)
        armed = False
    except KeyboardInterrupt:
        armed = False
        broken_off.append(n)
signal.signal(signal.SIGINT, signal.SIG_IGN)
print(n, *broken_off, flush=True)
client.close()
"""


@pytest.mark.parametrize("buffered", [False, True], ids=["memory", "buffer"])
def test_ctrl_c_again_and_again_costs_at_most_the_record_that_it_hits(start, tmp_path, buffered):
    server = start()
    process = subprocess.Popen([sys.executable, "-c", SENDER, str(CLIENT), server.url,
                                str(tmp_path / "buffer") if buffered else ""], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "begins\n"
        while not select.select([process.stdout], [], [], 0.002)[0]:
            process.send_signal(signal.SIGINT)
        last, *broken_off = map(int, process.stdout.readline().split())
        assert process.wait(seconds(60)) == 0
    finally:
        process.kill()
        process.stdout.close()
    stored = [int(record) for record in server.records()]
    assert stored == sorted(set(stored))
    assert set(range(1, last + 1)) - set(stored) <= set(broken_off)


@pytest.mark.parametrize("call", ["send", "try_send", "counters", "flush", "close"])
@pytest.mark.parametrize("where", ["in send()", "in the client's thread"])
def test_a_call_in_the_midst_of_the_clients_own_work_is_refused(start, monkeypatch, call, where):
    """As a __del__ makes it that the collector runs there, or a signal handler: the lock is this very thread's."""
    server = start()
    told = []
    with crawlspool.Client(server.url) as client:
        client.send(b"0")
        client.flush(30)
        engine = client._driver._sessions.engine
        name = "put" if where == "in send()" else "receive"
        work = getattr(engine, name)

        def interrupted(*arguments):
            with pytest.raises(RuntimeError, match="in the midst|cannot wait"):
                getattr(client, call)(*([b'"never"'] if "send" in call else []))
            told.append(call)
            return work(*arguments)

        monkeypatch.setattr(engine, name, interrupted)
        client.send(b"1")
        client.flush(30)
    assert told and server.records() == [b"0", b"1"]


def test_a_call_while_the_client_starts_is_refused(start, monkeypatch):
    server = start()
    told = []

    def interrupted():
        with pytest.raises(RuntimeError, match="in the midst"):
            client.send(b'"never"')
        told.append(1)
        return make()

    with crawlspool.Client(server.url) as client:
        make = client._make_drivers
        monkeypatch.setattr(client, "_make_drivers", interrupted)
        client.send(b"1")
    assert told and server.records() == [b"1"]


def test_a_trace_that_ctrl_c_left_of_a_call_refuses_nothing(start):
    server = start()
    with crawlspool.Client(server.url) as client:
        client.send(b"0")
        client._driver._shared.holding.thread = threading.get_ident()
        client.send(b"1")
        assert client.counters().records == 2
    assert server.records() == [b"0", b"1"]
