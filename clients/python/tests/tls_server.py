"""The scripted server behind TLS, which tells what it has seen of each client's certificate."""

import ssl

from fake_server import FakeServer, Peer


def server_context(server, client_ca=None):
    """Of an authority's certificate for the server; with `client_ca` a client has to have one of that authority's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server.certificate, server.key)
    if client_ca is not None:
        context.load_verify_locations(client_ca.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


class TlsServer(FakeServer):
    """`clients` has the common name of each client's certificate, `errors` the reasons of handshakes that failed."""

    def __init__(self, context, *turns):
        super().__init__(*(self.behind_tls(turn) for turn in turns))
        self.context = context
        self.clients = []
        self.errors = []
        self.url = self.url.replace("tcp://", "tls://")

    def behind_tls(self, turn):
        def shake_hands(peer):
            try:
                sock = self.context.wrap_socket(peer.sock, server_side=True)
            except OSError as error:
                self.errors.append(str(error))
                return
            with sock:
                self.clients.append(common_name(sock.getpeercert()))
                turn(Peer(sock))
        return shake_hands


def common_name(certificate):
    return certificate and dict(pair for part in certificate["subject"] for pair in part)["commonName"]
