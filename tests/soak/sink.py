"""A server that reads and throws away, on three ports as the daemon has: what attackers cost the machine by themselves.
Prints its addresses as one line of JSON, and ends with its standard input."""

import json
import selectors
import socket
import sys


def main():
    selector = selectors.DefaultSelector()
    listeners = []
    for _ in range(3):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(1024)
        listener.setblocking(False)
        selector.register(listener, selectors.EVENT_READ, "listener")
        listeners.append(listener)
    selector.register(sys.stdin, selectors.EVENT_READ, "end")
    print(json.dumps(["%s:%d" % listener.getsockname() for listener in listeners]), flush=True)
    buffer = bytearray(1 << 20)
    while True:
        for key, _ in selector.select():
            if key.data == "end":
                return
            if key.data == "listener":
                peer, _ = key.fileobj.accept()
                peer.setblocking(False)
                selector.register(peer, selectors.EVENT_READ, "peer")
                continue
            try:
                if key.fileobj.recv_into(buffer):
                    continue
            except BlockingIOError:
                continue
            except OSError:
                pass
            selector.unregister(key.fileobj)
            key.fileobj.close()


if __name__ == "__main__":
    main()
