"""How the asyncio client comes by a connection: the addresses of a server's name race, each a little behind the one
before it (RFC 8305), all within connect_timeout. Whatever the loop is: this asks no more of it than sock_connect(). A
unix socket has one address, and nothing to look up."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections import deque
from functools import partial
from typing import Dict, List, Optional

from .addresses import (FULL_QUEUE_SECONDS, STAGGER_SECONDS, Endpoint, Failures, Lookup, Lookups, connect_unix,
                        unix_endpoint)
from .journal import Journal
from .options import Options, Server, SocketPath, TlsAddress


async def connect(protocol: asyncio.Protocol, server: Server, options: Options, lookups: Lookups,
                  journal: Journal) -> None:
    """OSError, UnicodeError: no connection came about."""
    failures = Failures()
    trust = options.trust_of(server)
    context = trust.context(journal) if trust else None
    try:
        await asyncio.wait_for(_connect(protocol, server, context, lookups, failures), options.connect_timeout)
    except asyncio.TimeoutError:
        raise failures.timeout() from None


async def _connect(protocol: asyncio.Protocol, server: Server, context: Optional[ssl.SSLContext], lookups: Lookups,
                   failures: Failures) -> None:
    loop = asyncio.get_running_loop()
    address = server.at if isinstance(server, TlsAddress) else server
    if isinstance(address, SocketPath):
        sock = await _reach(address, failures)
    else:
        sock = await _race(loop, await _look_up(loop, lookups.start(address)), failures)
    try:
        if isinstance(address, SocketPath):
            await loop.create_unix_connection(lambda: protocol, sock=sock)
        else:
            await loop.create_connection(lambda: protocol, sock=sock, ssl=context,
                                         server_hostname=address.host if context else None)
    except BaseException:
        sock.close()
        raise


async def _reach(server: SocketPath, failures: Failures) -> socket.socket:
    endpoint = unix_endpoint(server)
    sock = endpoint.make_socket()
    try:
        while not connect_unix(sock, endpoint, failures):
            await asyncio.sleep(FULL_QUEUE_SECONDS)
        return sock
    except BaseException:
        sock.close()
        raise


async def _look_up(loop: asyncio.AbstractEventLoop, lookup: Lookup) -> List[Endpoint]:
    over = loop.create_future()
    lookup.call_when_over(partial(_notify, loop, over))
    await over
    return lookup.result()


def _notify(loop: asyncio.AbstractEventLoop, over: asyncio.Future[None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
        loop.call_soon_threadsafe(_set_done, over)


def _set_done(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def _race(loop: asyncio.AbstractEventLoop, endpoints: List[Endpoint], failures: Failures) -> socket.socket:
    waiting = deque(endpoints)
    running: Dict[asyncio.Task[socket.socket], Endpoint] = {}
    try:
        while True:
            if waiting:
                endpoint = waiting.popleft()
                running[loop.create_task(_attempt(loop, endpoint))] = endpoint
            done, _ = await asyncio.wait(running, timeout=STAGGER_SECONDS if waiting else None,
                                         return_when=asyncio.FIRST_COMPLETED)
            winner = _find_winner(done, running, failures)
            if winner:
                return winner
            if not running and not waiting:
                raise failures.error()
    finally:
        for task in running:
            task.add_done_callback(_discard)
            task.cancel()


async def _attempt(loop: asyncio.AbstractEventLoop, endpoint: Endpoint) -> socket.socket:
    sock = endpoint.make_socket()
    try:
        await loop.sock_connect(sock, endpoint.address)
        return sock
    except BaseException:
        sock.close()
        raise


def _discard(task: asyncio.Task[socket.socket]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().close()


def _find_winner(done: "set[asyncio.Task[socket.socket]]", running: Dict[asyncio.Task[socket.socket], Endpoint],
                 failures: Failures) -> Optional[socket.socket]:
    winner: Optional[socket.socket] = None
    for task in done:
        endpoint = running.pop(task)
        error = task.exception()
        if error is not None:
            failures.add(endpoint, error)
        elif winner is None:
            winner = task.result()
        else:
            task.result().close()
    return winner
