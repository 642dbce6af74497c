"""A proxy whose first connection brings the client the server's welcome and nothing that is said behind it, until it is
cut. Further connections are passed on whole."""

import contextlib
import socket
import struct
import threading


class DeafProxy:
    def __init__(self, target):
        """`target` is the server's address."""
        self.target = target
        self.connections = 0
        self.first = None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "tcp://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.threads = []
        self.run(self.accept)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        for thread in self.threads:
            thread.join()
        self.listener.close()

    def run(self, function, *arguments):
        thread = threading.Thread(target=function, args=arguments)
        self.threads.append(thread)
        thread.start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.target)
                self.connections += 1
                self.first = self.first or (client, server)
                self.run(self.pass_on, client, server)
                self.run(self.pass_on, server, client, self.connections == 1)

    def cut(self):
        """Ends the first connection."""
        end(*self.first)

    @staticmethod
    def pass_on(source, sink, welcome_only=False):
        with contextlib.suppress(OSError):
            if welcome_only:
                header = source.recv(4, socket.MSG_WAITALL)
                (word,) = struct.unpack(">I", header)
                sink.sendall(header + source.recv(word & 0x0FFFFFFF, socket.MSG_WAITALL))
            while data := source.recv(1 << 16):
                if not welcome_only:
                    sink.sendall(data)
        end(source, sink)


def end(*sockets):
    for sock in sockets:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
