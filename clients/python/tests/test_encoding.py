"""What a record may be made of, and how what JSON cannot hold is told: by its place in the record."""

import collections
import dataclasses
import datetime
import decimal
import json
import uuid

import crawlspool
import pytest
from crawlspool.records import Encoder
from records import dead_address


@dataclasses.dataclass
class Point:
    x: int
    tags: set


class Scalar:
    """As numpy's are."""

    dtype = "int64"

    def __init__(self, value):
        self.value = value

    def tolist(self):
        return self.value


class Attribute(collections.namedtuple("Attribute", "name")):
    pass


class Attrs:
    """As the package attrs makes them."""

    __attrs_attrs__ = (Attribute("a"), Attribute("b"))
    a = 1
    b = None


UTC_PLUS_8 = datetime.timezone(datetime.timedelta(hours=8))
UUID = uuid.UUID("12345678-1234-5678-1234-567812345678")


NEAREST = [
    (datetime.datetime(2026, 11, 20, 4, 5, 6, 789, tzinfo=UTC_PLUS_8), "2026-11-20T04:05:06.000789+08:00"),
    (datetime.datetime(2026, 11, 20, 4, 5, 6), "2026-11-20T04:05:06"), (datetime.date(2026, 11, 20), "2026-11-20"),
    (datetime.time(4, 5, 6), "04:05:06"), (decimal.Decimal("19.90"), "19.90"), (UUID, str(UUID)), ({7}, [7]),
    (frozenset(["a"]), ["a"]), (Point(1, {2}), {"x": 1, "tags": [2]}), (collections.UserDict(a=1), {"a": 1}),
    (Attrs(), {"a": 1, "b": None}), (Scalar(7), 7), (Scalar([[1.5], [2]]), [[1.5], [2]])]


@pytest.mark.parametrize("value, written", NEAREST)
def test_what_json_does_not_know_is_written_as_its_nearest(value, written):
    assert json.loads(Encoder()(value)) == written
    assert json.loads(Encoder()({"deep": [value, (value,)]})) == {"deep": [written, [written]]}


@pytest.mark.parametrize("value, written", NEAREST)
def test_an_item_of_the_pipeline_is_written_in_the_same_way(value, written):
    pipeline = pytest.importorskip("crawlspool.scrapy")
    assert json.loads(pipeline._ItemEncoder(None).item({"deep": [value]})) == {"deep": [written]}


def test_numpys_scalars_and_arrays_are_numbers_and_lists():
    numpy = pytest.importorskip("numpy")
    given = {"i": numpy.int64(7), "f": numpy.float32(0.5), "b": numpy.bool_(True), "a": numpy.array([[1, 2], [3, 4]]),
             "t": numpy.datetime64("2026-11-20T04:05:06")}
    assert json.loads(Encoder()(given)) == {"i": 7, "f": 0.5, "b": True, "a": [[1, 2], [3, 4]],
                                            "t": "2026-11-20T04:05:06"}


CIRCLE = {"a": []}
CIRCLE["a"].append(CIRCLE)
DEEP = []
for _ in range(100000):
    DEEP = [DEEP]


@pytest.mark.parametrize("record, kind, words", [
    ({"page": {"when": [1, object()]}}, TypeError, "record['page']['when'][1] is of the type object, which JSON cannot"),
    ({"page": {"body": b"x"}}, TypeError, "record['page']['body'] holds bytes, and JSON holds text only"),
    ({"a": (1, {"b": float("nan")})}, ValueError, "record['a'][1]['b'] is nan, and JSON has no such number"),
    (float("-inf"), ValueError, "record is -inf, and JSON has no such number"),
    (Scalar([1.0, float("inf")]), ValueError, "record[1] is inf"),
    ({"a": "x\ud800"}, ValueError, "record['a'] holds half a surrogate pair at character 1"),
    ("\"\ud800\"", ValueError, "the record holds half a surrogate pair at character 1"),
    ({"a": {(1, 2): 3}}, TypeError, "record['a'][(1, 2)] has a key of the type tuple; a key is text"),
    ({"\udfff": 3}, ValueError, "record['\\udfff'] has a key that holds half a surrogate pair"),
    (Point(1, {b"x"}), TypeError, "record['tags'][0] holds bytes"),
    (1j, TypeError, "record is of the type complex"), (CIRCLE, ValueError, "record['a'][0] holds itself"),
    (DEEP, ValueError, "the record is nested too deeply"), ({"x" * 500: 1j}, TypeError, "xxx… is of the type complex")],
    ids=range(14))
def test_what_has_no_json_is_told_by_its_place(record, kind, words):
    with pytest.raises(kind) as raised:
        Encoder()(record)
    assert words in str(raised.value)
    assert len(str(raised.value)) < 400


def test_default_is_asked_for_what_has_no_json(flavour):
    sock, url = dead_address()
    with sock:
        one = flavour(url, default=str, close_timeout=0)
        assert one.client._encode([1j, datetime.date(2026, 11, 20)]) == b'["1j","2026-11-20"]'


def test_the_error_offers_default_and_tells_of_one_that_fails():
    with pytest.raises(TypeError, match="the client's argument `default` may be a function"):
        Encoder()({"a": 1j})

    def fail(value):
        raise TypeError(f"no {value}")

    with pytest.raises(TypeError, match=r"record\['a'\] is of the type complex, and .* makes no JSON of it: no 1j"):
        Encoder(fail)({"a": 1j})
    with pytest.raises(ValueError, match="holds itself"):
        Encoder(lambda value: value)(1j)


@pytest.mark.parametrize("name, value, rule", [
    ("servers", 8940, "tcp://HOST:PORT"), ("servers", [8940], "tcp://HOST:PORT"), ("client", 7, "1 to 128 of letters"),
    ("client", b"a", "1 to 128 of letters"), ("stream", b"a", "1 to 128 bytes"), ("window", "64MiB", "a whole number"),
    ("window", 1.5, "a whole number"), ("window", True, "a whole number"), ("window_bytes", None, "a whole number"),
    ("batch_records", [], "a whole number"), ("batch_seconds", "1", "a number of seconds"),
    ("compress", "no", "True or False"), ("buffer_sync", 1, "True or False"), ("buffer_dir", 7, "the path"),
    ("buffer_dir", "", "the path"), ("connect_timeout", "10s", "a number of seconds"),
    ("answer_timeout", None, "a number of seconds"), ("close_timeout", "30s", "a number of seconds"),
    ("tls", True, "an ssl.SSLContext"), ("on_reject", 7, "a function"), ("on_ack", "f", "a function"),
    ("default", "str", "a function"), ("ack", None, "'synced' or 'written'"), ("move", 1, "'resend' or 'keep'")])
def test_an_argument_of_the_wrong_type_is_told_in_words(flavour, name, value, rule):
    with pytest.raises(crawlspool.ConfigurationError) as raised:
        flavour(**{"servers": "tcp://127.0.0.1:1", name: value})
    assert str(raised.value).startswith(f"{name} is {value!r}; it is {rule}")


def test_a_timeout_of_the_wrong_type_is_told_in_words(flavour):
    sock, url = dead_address()
    with sock:
        one = flavour(url, close_timeout=0)
        for call in (one.flush, one.close):
            with pytest.raises(crawlspool.ConfigurationError, match="timeout is '5s'; it is a number of seconds"):
                call("5s")
