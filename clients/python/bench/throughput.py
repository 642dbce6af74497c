"""How many records a second one Python process gets acked: throughput.py [--server tcp://HOST:PORT] [--seconds 5].
Prints a line for each client and kind of record. Without --server it starts a daemon of its own (CRAWLSPOOLD, else
build/release/bin/crawlspoold), its spool in a temporary directory."""

import argparse
import asyncio
import os
import pathlib
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "clients/python"), str(ROOT / "tests/e2e/support")]

import crawlspool  # noqa: E402
import crawlspool.aio  # noqa: E402

CHUNK = 1000  # records between two looks at the clock


def json_text(n):
    return b'{"url":"https://example.com/item/%d","status":200,"title":"item %d"}' % (n, n)


def mapping(n):
    return {"url": f"https://example.com/item/{n}", "status": 200, "title": f"item {n}"}


def run_blocking(server, make, seconds, **options):
    with crawlspool.Client(server, **options) as client:
        start = time.perf_counter()
        n = 0
        while time.perf_counter() - start < seconds:
            for n in range(n + 1, n + 1 + CHUNK):
                client.send(make(n))
        client.flush()
        return client.counters().acked / (time.perf_counter() - start)


def run_asyncio(server, make, seconds, **options):
    async def run():
        async with crawlspool.aio.Client(server, **options) as client:
            start = time.perf_counter()
            n = 0
            while time.perf_counter() - start < seconds:
                for n in range(n + 1, n + 1 + CHUNK):
                    await client.send(make(n))
            await client.flush()
            return client.counters().acked / (time.perf_counter() - start)

    return asyncio.run(run())


def measure(server, seconds):
    for make in (json_text, mapping):
        for run in (run_blocking, run_asyncio):
            for name, options in (("plain", {"compress": False}), ("zstd", {}), ("buffer", {"buffer_dir": True})):
                with tempfile.TemporaryDirectory() as directory:
                    if options.get("buffer_dir"):
                        options = {"buffer_dir": directory}
                    rate = run(server, make, seconds, **options)
                print(f"{run.__name__[4:]:9} {make.__name__:9} {name:6} {rate:9.0f} records/s acked", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server")
    parser.add_argument("--seconds", type=float, default=5)
    arguments = parser.parse_args()
    if arguments.server:
        measure(arguments.server, arguments.seconds)
        return
    from daemon import Daemon
    with tempfile.TemporaryDirectory() as directory:
        daemon = Daemon(os.path.join(directory, "daemon")).start()
        try:
            measure("tcp://{}:{}".format(*daemon.address()), arguments.seconds)
            daemon.finish()
        finally:
            daemon.kill()


main()
