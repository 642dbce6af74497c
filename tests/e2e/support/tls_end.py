"""The end of TLS in front of a server, as a proxy is."""

import socket
import ssl
import threading


class TlsEnd:
    """Takes TLS connections and hands their bytes on, both ways. `certificate` is a pair of paths: the key's and the
    certificate's. With `client_ca`, a path, clients need a certificate of that authority; with `cut_after` the first
    connection is cut after so many bytes of the client's."""

    def __init__(self, target, certificate, client_ca=None, cut_after=None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate[1], certificate[0])
        if client_ca:
            self.context.load_verify_locations(client_ca)
            self.context.verify_mode = ssl.CERT_REQUIRED
        self.target = target
        self.cut_after = cut_after
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.connections = 0
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def url(self):
        return "tcp://" + self.address

    @property
    def address(self):
        return "127.0.0.1:{}".format(self.listener.getsockname()[1])

    def accept(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            try:
                near = self.context.wrap_socket(plain, server_side=True)
            except OSError:  # ssl.SSLError is one
                continue
            far = socket.create_connection(self.target)
            self.connections += 1
            near.settimeout(0.05)
            cut_after, self.cut_after = self.cut_after, None
            threading.Thread(target=self.pump, args=(near, far, cut_after), daemon=True).start()

    @staticmethod
    def pump(near, far, cut_after):
        """One thread for both ways: an SSL object takes no two at once."""
        far.setblocking(False)
        with near, far:
            while cut_after is None or cut_after > 0:
                try:
                    data = near.recv(65536)
                    if not data:
                        return
                    if cut_after is not None:
                        cut_after -= len(data)
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
