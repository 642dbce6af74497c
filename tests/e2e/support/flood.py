"""Many connections that each send the same bytes as fast as they are taken, and read what comes back, or nothing."""

import selectors
import socket
import threading


def fill(sock, data):
    """Sends as much of it as is taken at once, by the server and by the kernels' buffers."""
    sock.setblocking(False)
    sent = 0
    try:
        while sent < len(data):
            sent += sock.send(data[sent:sent + 65536])
    except BlockingIOError:
        pass


class Flood(threading.Thread):
    """From its start to the end of the `with` block."""

    def __init__(self, address, payload, connections, *, reads=True, source=None):
        super().__init__()
        self.address, self.payload, self.connections, self.reads = address, payload, connections, reads
        self.source = (source, 0) if source else None
        self.ended = 0  # connections that the server has closed
        self.sent = 0  # connections that have sent all
        self.done = []  # of these: open until the end
        self.stopping = threading.Event()
        self.selector = selectors.DefaultSelector()

    def __enter__(self):
        for _ in range(self.connections):
            sock = socket.create_connection(self.address, source_address=self.source)
            if not self.reads:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            sock.setblocking(False)
            events = selectors.EVENT_WRITE | (selectors.EVENT_READ if self.reads else 0)
            self.selector.register(sock, events, [memoryview(self.payload)])
        self.start()
        return self

    def __exit__(self, *exception):
        self.stopping.set()
        self.join()
        for sock in [*self.done, *(key.fileobj for key in self.selector.get_map().values())]:
            sock.close()
        self.selector.close()

    def run(self):
        while not self.stopping.is_set():
            for key, events in self.selector.select(0.05):
                try:
                    self.serve(key, events)
                except BlockingIOError:
                    pass
                except OSError:
                    self.end(key)

    def serve(self, key, events):
        if events & selectors.EVENT_READ and not key.fileobj.recv(1 << 18):
            return self.end(key)
        if events & selectors.EVENT_WRITE:
            rest = key.data[0] = key.data[0][key.fileobj.send(key.data[0][:1 << 18]):]
            if not rest:
                self.sent += 1
                self.selector.unregister(key.fileobj)
                self.done.append(key.fileobj)
                if self.reads:
                    self.selector.register(key.fileobj, selectors.EVENT_READ, key.data)
        return None

    def end(self, key):
        self.ended += 1
        self.selector.unregister(key.fileobj)
        key.fileobj.close()
