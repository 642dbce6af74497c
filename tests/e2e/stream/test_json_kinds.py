"""What passes is JSON and nothing else: many texts of both kinds, all on one connection that stays open."""

import random

import json_cases


def verdicts(shared, payloads):
    """The texts of `payloads` that were rejected; all are settled, and the connection lives on."""
    client = shared.connect()
    client.send_records(payloads)
    client.wait_ack()
    client.ping()
    rejected = {payloads[seq - 1] for seq in client.rejects}
    stored = shared.spool.records(peer=client.name, live=True)
    breaks = bytes.maketrans(b"", b"")
    assert stored == [p.translate(breaks, b"\r\n") for p in payloads if p not in rejected]
    return rejected


def test_every_valid_text_is_stored(shared):
    assert {text[:60] for text in verdicts(shared, json_cases.VALID)} == set()


def test_every_invalid_text_is_rejected(shared):
    passed = set(json_cases.INVALID) - verdicts(shared, json_cases.INVALID)
    assert {text[:60] for text in passed} == set()


def test_verdicts_do_not_depend_on_the_neighbours(shared):
    mixed = json_cases.VALID + json_cases.INVALID
    random.Random(7).shuffle(mixed)
    assert verdicts(shared, mixed) == set(json_cases.INVALID)


def test_an_invalid_text_inside_an_array_is_rejected_as_well(shared):
    wrapped = [b"[" + text + b"]" for text in json_cases.INVALID if text.strip()]
    assert verdicts(shared, wrapped) == set(wrapped)
