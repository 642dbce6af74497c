"""python -m crawlspool: sends the lines of its standard input, one record each, and shows what the server says of them.
For a first look; pipelines have `crawlspool send`. Ends with 0 if all is stored, 1 if the server rejected any, 2 if not
all is settled."""

from __future__ import annotations

import argparse
import logging
import sys
from typing import List, Optional

from . import Client, CrawlspoolError, Reject


def _read_token(path: Optional[str]) -> Optional[str]:
    """Not an argument itself: any user of this machine sees those."""
    if path is None:
        return None
    with open(path, encoding="ascii") as file:
        return file.read().strip()


def main(arguments: Optional[List[str]] = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m crawlspool", description="Sends stdin's lines, shows acks.")
    parser.add_argument("--server", default="tcp://127.0.0.1:8940",
                        help="tcp://HOST:PORT, tls://HOST:PORT or unix:///PATH, several between commas")
    parser.add_argument("--client", help="the name in each line of the spool")
    parser.add_argument("--stream", help="the label in each line of the spool")
    parser.add_argument("--tls-ca", metavar="FILE", help="the CAs' certificates (PEM), in place of the system's")
    parser.add_argument("--tls-certificate", metavar="FILE", help="this client's certificate (PEM)")
    parser.add_argument("--tls-key", metavar="FILE", help="and its key (PEM)")
    parser.add_argument("--token-file", metavar="FILE", help="holds the token that the server wants")
    parser.add_argument("--timeout", type=float, help="seconds to wait at the end for what is not settled")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")

    settled = 0

    def show_ack(count: int) -> None:
        nonlocal settled
        settled += count
        print(f"ack {settled}", flush=True)

    def show_reject(reject: Reject) -> None:
        print(f"reject {reject.number} {reject.code}: {reject.detail}", flush=True)

    try:
        client = Client(options.server, client=options.client, stream=options.stream, close_timeout=options.timeout,
                        tls_ca=options.tls_ca, tls_certificate=options.tls_certificate, tls_key=options.tls_key,
                        token=_read_token(options.token_file),
                        on_ack=show_ack, on_reject=show_reject)
        try:
            for line in sys.stdin.buffer:
                line = line.rstrip(b"\r\n")
                if line:
                    client.send(line)
        finally:
            client.close()
    except (CrawlspoolError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    counters = client.counters()
    return 1 if counters.rejected or counters.verdicts_missed else 0


if __name__ == "__main__":
    sys.exit(main())
