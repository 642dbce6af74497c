"""The client's tests use the end-to-end suite's daemon, spool reader and deadlines, and its reader of PROTOCOL.md's
examples. Fixtures: `start` makes daemons that come back on the same port, `flavour` is one client and the other,
`certificate` is for TLS."""

import json
import pathlib
import shutil
import subprocess
import sys

CLIENT = pathlib.Path(__file__).resolve().parents[1]
E2E = CLIENT.parents[1] / "tests/e2e/support"
sys.path[:0] = [str(CLIENT), str(E2E)]

import pytest  # noqa: E402
from daemon import Daemon  # noqa: E402
from fixtures import pytest_runtest_makereport, start_fixture  # noqa: E402, F401  pytest finds the hook by its name
from flavours import Asyncio, Blocking  # noqa: E402


class Server(Daemon):
    """A daemon that is found again at its address after a restart."""

    def start(self):
        super().start()
        self.settings["listen.stream"] = json.dumps([self.url])
        return self

    @property
    def url(self):
        """The first listener, as a client names it."""
        listener = self.ready["stream"][0]
        return listener if "://" in listener else f"tcp://{listener}"

    def restart(self):
        self.kill()
        return self.start()

    def records(self):
        """Each record of the spool, read by the format alone."""
        return self.spool.records()

    def sessions(self):
        """The sessions in its first segment, as the spool names them."""
        lines = self.spool.segments()[0][1].read_bytes().split(b"\n")[:-1]
        return {line.split(b'"session":"')[1][:16] for line in lines}


start = start_fixture(Server)


@pytest.fixture(params=[Blocking, Asyncio], ids=["blocking", "asyncio"])
def flavour(request):
    return request.param


@pytest.fixture
def certificate(tmp_path):
    """(key, certificate) of 127.0.0.1, which is its own CA."""
    if not shutil.which("openssl"):
        pytest.skip("no openssl to make a certificate with")
    key, made = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", made, "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    return key, made
