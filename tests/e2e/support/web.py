"""HTTP/1.1 by hand over a plain socket, so that tests can say exactly what is on the wire, wrong things too."""

import dataclasses
import json
import socket

from waiting import seconds


@dataclasses.dataclass
class Response:
    status: int
    headers: dict
    body: bytes

    def json(self):
        assert self.headers.get("content-type", "").startswith("application/json"), self.headers
        return json.loads(self.body)

    def error_code(self):
        error = self.json()["error"]
        assert error["detail"], error
        return error["code"]


class Web:
    def __init__(self, address, *, timeout=10, source=None):
        source_address = (source, 0) if source else None
        self.sock = socket.create_connection(address, timeout=seconds(timeout), source_address=source_address)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.address = address
        self.name = "%s:%d" % self.sock.getsockname()[:2]
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def request(self, method, target, body=b"", *, headers=(), host=None, length=True):
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host or '%s:%d' % self.address[:2]}"]
        if body or (length and method == "POST"):
            lines.append(f"Content-Length: {len(body)}")
        lines += [f"{name}: {value}" for name, value in dict(headers).items()]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def post(self, body, content_type="application/json", **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.request("POST", "/v1/records", body, headers={"Content-Type": content_type, **headers})
        return self.response()

    def get(self, target, **more):
        self.request("GET", target, **more)
        return self.response()

    def _more(self):
        data = self.sock.recv(1 << 16)
        if not data:
            raise EOFError(f"closed after {self.buffer!r}")
        self.buffer += data

    def _take(self, count):
        while len(self.buffer) < count:
            self._more()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def _take_line(self):
        while b"\r\n" not in self.buffer:
            self._more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def response(self, *, to_head=False):
        """The next answer, 100 Continue too. EOFError where the connection ends without a whole one."""
        version, status, *phrase = self._take_line().split(b" ", 2)
        assert version in (b"HTTP/1.1", b"HTTP/1.0"), version
        assert phrase != [b"Status"], f"{status} has no phrase of its own"
        headers = {}
        while line := self._take_line():
            name, value = line.decode().split(":", 1)
            assert name.lower() not in headers, f"{name} twice"
            headers[name.lower()] = value.strip()
        if to_head or status.startswith(b"1") or status in (b"204", b"304"):
            body = b""
        elif "content-length" in headers:
            body = self._take(int(headers["content-length"]))
        elif headers.get("transfer-encoding") == "chunked":
            body = b"".join(iter(self._take_chunk, b""))
        else:
            body = self._take_all()
        return Response(int(status), headers, body)

    def _take_chunk(self):
        size = int(self._take_line().split(b";")[0], 16)
        chunk = self._take(size)
        assert self._take_line() == b""
        return chunk

    def _take_all(self):
        try:
            while True:
                self._more()
        except EOFError:
            taken, self.buffer = self.buffer, b""
            return taken

    def expect_end(self):
        rest = self._take_all()
        assert rest == b"", f"bytes behind the last answer: {rest[:200]!r}"


def get(address, target, **more):
    with Web(address) as web:
        return web.get(target, **more)


def post(address, body, content_type="application/json", **headers):
    with Web(address) as web:
        return web.post(body, content_type, **headers)
