"""Twisted's Int32StringReceiver as it comes, sending COUNT records and waiting for their acks.
usage: twisted_client.py HOST PORT COUNT; exits 0 once all are acked."""

import json
import sys

from twisted.internet import endpoints, protocol, reactor
from twisted.protocols.basic import Int32StringReceiver


class Sender(Int32StringReceiver):
    acked = 0

    def connectionMade(self):
        for number in range(self.factory.count):
            self.sendString(json.dumps({"n": number, "text": "crawled by Twisted"}).encode())

    def stringReceived(self, string):
        self.acked = json.loads(string).get("ack", self.acked)
        if self.acked == self.factory.count:
            self.transport.loseConnection()

    def connectionLost(self, reason=protocol.connectionDone):
        self.factory.acked = self.acked
        reactor.stop()


def main(host, port, count):
    factory = protocol.Factory.forProtocol(Sender)
    factory.count, factory.acked = count, None
    connected = endpoints.TCP4ClientEndpoint(reactor, host, port).connect(factory)
    connected.addErrback(lambda failure: reactor.stop())
    reactor.run()
    print(f"acked {factory.acked} of {count}")
    return 0 if factory.acked == count else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
