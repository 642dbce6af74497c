"""The end of TLS in front of a server, as a proxy is."""

import socket
import ssl
import threading


class TlsEnd:
    """Takes TLS connections and hands their bytes on, both ways."""

    def __init__(self, target, certificate):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate[1], certificate[0])
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.connections = 0
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def url(self):
        return "tcp://127.0.0.1:{}".format(self.listener.getsockname()[1])

    def accept(self):
        while True:
            try:
                plain, _ = self.listener.accept()
                near = self.context.wrap_socket(plain, server_side=True)
            except ssl.SSLError:
                continue
            except OSError:
                return
            far = socket.create_connection(self.target)
            self.connections += 1
            near.settimeout(0.05)
            threading.Thread(target=self.pump, args=(near, far), daemon=True).start()

    @staticmethod
    def pump(near, far):
        """One thread for both ways: an SSL object takes no two at once."""
        far.setblocking(False)
        waiting = b""
        with near, far:
            while True:
                try:
                    data = near.recv(65536)
                    if not data:
                        return
                    far.setblocking(True)
                    far.sendall(data)
                    far.setblocking(False)
                except socket.timeout:
                    pass
                except OSError:
                    return
                try:
                    waiting = far.recv(65536)
                    if not waiting:
                        return
                    near.sendall(waiting)
                except BlockingIOError:
                    pass
                except OSError:
                    return
