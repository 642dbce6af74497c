"""/metrics: what a scrape says is what happened, in the form that Prometheus wants, and told in OPERATIONS.md."""

import pytest

from authority import Authority
from exposition import documented, promtool, scrape
from waiting import wait_until

STREAMS_NAMED = 100


def used(by_input):
    """Without the inputs at 0, of which there is a sample too."""
    return {name: value for name, value in by_input.items() if value}


def records(daemon, via):
    return scrape(daemon).value("crawlspool_records_total", via=via)


def test_each_metric_is_documented_and_each_documented_one_is_there(start, tmp_path):
    own = Authority(tmp_path).make("crawl-server")
    daemon = start({"listen.lines": '["tls://127.0.0.1:0"]', "listen.datagrams": '["udp://127.0.0.1:0"]', "tls.certificate": str(own.certificate), "tls.key": str(own.key),
                    "auth.uids": "{crawler: [54321]}"})
    daemon.post(b"1")  # so that a connection has ended
    wait_until(lambda: scrape(daemon).labelled("crawlspool_connection_closes_total", "reason"), "a close is counted")
    metrics = scrape(daemon)
    assert {name: (kind, metrics.labels(name)) for name, kind in metrics.types.items()} == documented()


def test_promtool_has_nothing_to_say(start):
    daemon = start()
    daemon.connect().hello(stream="quotes/new")
    daemon.post(b"1")
    result = promtool("check", "metrics", stdin=daemon.admin("/metrics").body.decode())
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_records_are_counted_by_transport_and_stream(start):
    daemon = start()
    plain, named = daemon.connect(), daemon.connect()
    named.hello(stream="quotes/new")
    plain.send_records([b"1", b"22", b"?"])
    named.send_records([b"333"] * 4)
    plain.wait_ack()
    named.wait_ack()
    daemon.post(b"4\n5\n?\n", "application/x-ndjson", Crawlspool_Stream="quotes/new")
    wait_until(lambda: records(daemon, "http") == 2, "the request is counted")
    metrics = scrape(daemon)
    assert used(metrics.labelled("crawlspool_records_total", "via")) == {"stream": 6, "http": 2}
    assert metrics.labelled("crawlspool_stream_records_total", "stream") == {"": 2, "other": 0, "quotes/new": 6}
    assert metrics.value("crawlspool_bytes_total") == daemon.status()["bytes"] == 17
    assert metrics.labelled("crawlspool_rejects_total", "code") == daemon.status()["rejects"]
    assert metrics.value("crawlspool_rejects_total", code="invalid_json") == 2


def test_streams_beyond_the_first_hundred_share_a_label(start):
    daemon = start()
    for number in range(STREAMS_NAMED + 5):
        client = daemon.connect()
        client.hello(stream=f"s{number}")
        client.send_record(b"1")
        client.wait_ack()
        client.close()
    streams = scrape(daemon).labelled("crawlspool_stream_records_total", "stream")
    assert streams == {"": 0, "other": 5, **{f"s{number}": 1 for number in range(STREAMS_NAMED)}}


def test_histograms_count_each_record_and_add_up(start):
    daemon = start()
    client = daemon.connect()
    client.send_records([b"1"] * 50)
    client.wait_ack()
    metrics = scrape(daemon)
    for family, at_least in (("crawlspool_ack_latency_seconds", 50), ("crawlspool_commit_duration_seconds", 1)):
        buckets = metrics.labelled(family + "_bucket", "le")
        counts = [buckets[bound] for bound in sorted(buckets, key=float)]
        assert counts == sorted(counts)
        assert counts[-1] == buckets["+Inf"] == metrics.value(family + "_count") >= at_least
        assert metrics.value(family + "_sum") > 0
    assert metrics.value("crawlspool_ack_latency_seconds_count") == 50


def test_connections_are_counted_by_listener_and_by_why_they_end(start):
    daemon = start({"limits.connections_per_ip_max": "2"})
    first, second = daemon.connect(), daemon.web()
    wait_until(lambda: scrape(daemon).value("crawlspool_connections", listener="http") == 1, "the second is there")
    metrics = scrape(daemon)
    connections = metrics.labelled("crawlspool_connections", "listener")
    assert connections.pop("admin") >= 1  # this one, and perhaps the one before
    assert used(connections) == {"stream": 1, "http": 1}
    assert metrics.value("crawlspool_connections_limit") == 10000
    daemon.connect().expect_error("too_many_connections")
    first.half_close()
    first.expect_goodbye("bye")
    second.sock.close()
    wait_until(lambda: scrape(daemon).labelled("crawlspool_connection_closes_total", "reason") == {"bye": 1, "eof": 1},
               "both ends are counted, and not the refused one")
    metrics = scrape(daemon)
    assert metrics.value("crawlspool_connections_accepted_total") == 2
    assert metrics.value("crawlspool_connections_refused_total") == 1


def test_the_spool_is_told_as_status_tells_it(start):
    daemon = start()
    client = daemon.connect()
    client.send_records([b"1"] * 10)
    client.wait_ack()
    status = wait_until(lambda: (one := daemon.status())["spool"]["bytes"] > 0 and one, "the spool has grown")
    metrics = scrape(daemon)
    for name, key in (("position_bytes", "position"), ("durable_bytes", "durable"), ("segments", "segments"),
                      ("bytes", "bytes"), ("rejected_bytes", "rejected_bytes")):
        assert metrics.value(f"crawlspool_spool_{name}") == status["spool"][key], name
    assert metrics.value("crawlspool_spool_free_bytes") > 0
    assert metrics.value("crawlspool_build_info", version=status["version"]) == 1
    assert metrics.labelled("crawlspool_state", "state")["ok"] == 1
    assert sum(metrics.labelled("crawlspool_state", "state").values()) == 1


def test_a_sealed_segment_waits_until_it_is_compressed(start):
    daemon = start({"spool.compression": "zstd", "spool.segment_bytes_max": "1MiB"})
    client = daemon.connect()
    for _ in range(12):
        client.send_record(b'"%s"' % (b"x" * 200_000))
        client.wait_ack()
    wait_until(lambda: scrape(daemon).value("crawlspool_spool_segments_compressed_total") > 0, "one is compressed")
    wait_until(lambda: scrape(daemon).value("crawlspool_spool_segments_uncompressed") == 0, "none waits any more")


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_only_get_and_head_are_taken(shared, method):
    assert shared.connect_raw("admin", f"{method} /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()).status == 405
