"""A client that sends one record at a time, while something else keeps the daemon busy."""


def acks_while(busy, client):
    """Starts the thread; how many acks the client gets until it ends."""
    busy.start()
    acks = 0
    while busy.is_alive():
        client.send_record(b'"polite"')
        client.wait_ack()
        acks += 1
    return acks
