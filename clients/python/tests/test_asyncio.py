"""What only the asyncio client has: tasks that wait and are cancelled."""

import asyncio
import threading

import crawlspool
import crawlspool.aio
from records import dead_address, numbered


async def send_all(client, records):
    for record in records:
        await client.send(record)


def test_many_tasks_may_send(start):
    server = start()

    async def run():
        async with crawlspool.aio.Client(server.url, window=10) as client:
            await asyncio.gather(*(send_all(client, numbered(100, part * 100)) for part in range(20)))

    asyncio.run(run())
    assert sorted(server.records()) == sorted(numbered(2000))


def test_counters_may_be_read_by_any_thread(start, tmp_path):
    server = start()
    ended = threading.Event()

    async def run():
        async with crawlspool.aio.Client(server.url, window=10, buffer_dir=tmp_path) as client:
            def watch():
                while not ended.is_set():
                    client.counters()

            watcher = threading.Thread(target=watch)
            watcher.start()
            await send_all(client, numbered(2000))
            await client.flush()
            ended.set()
            watcher.join()

    asyncio.run(run())
    assert server.records() == numbered(2000)


def test_a_cancelled_send_has_sent_nothing_and_holds_up_nobody(start):
    server = start()
    url = server.url
    server.terminate()

    async def run():
        async with crawlspool.aio.Client(url, window=1) as client:
            await client.send(b"0")
            tasks = [asyncio.create_task(client.send(b"%d" % n)) for n in range(1, 6)]
            await asyncio.sleep(0)
            for task in (tasks[0], tasks[2], tasks[4]):
                task.cancel()
            server.start()
            await asyncio.wait(tasks)
            return [task.cancelled() for task in tasks]

    assert asyncio.run(run()) == [True, False, True, False, True]
    assert server.records() == [b"0", b"2", b"4"]


def test_a_send_that_is_cancelled_as_its_turn_comes_passes_it_on(start):
    server = start()
    url = server.url
    server.terminate()

    async def run():
        tasks = []
        async with crawlspool.aio.Client(url, window=1, on_ack=lambda _: tasks[0].cancel()) as client:
            await client.send(b"0")
            tasks += [asyncio.create_task(client.send(b"%d" % n)) for n in (1, 2)]
            await asyncio.sleep(0)
            server.start()
            await asyncio.wait_for(tasks[1], 30)
            return tasks[0].cancelled()

    assert asyncio.run(run())
    assert server.records() == [b"0", b"2"]


def test_a_wait_for_room_ends_with_the_client():
    sock, url = dead_address()

    async def run():
        client = crawlspool.aio.Client(url, window=1, close_timeout=0)
        await client.send(b"0")
        task = asyncio.create_task(client.send(b"1"))
        await asyncio.sleep(0)
        outcome = await asyncio.gather(client.close(), task, return_exceptions=True)
        return [type(one) for one in outcome]

    with sock:
        assert asyncio.run(run()) == [crawlspool.Unsettled, crawlspool.Closed]


def test_a_flush_may_be_given_up(start):
    sock, url = dead_address()

    async def run():
        client = crawlspool.aio.Client(url, close_timeout=0)
        await client.send(b"0")
        try:
            await asyncio.wait_for(client.flush(), 0.05)
        except asyncio.TimeoutError:
            pass
        try:
            await client.close()
        except crawlspool.Unsettled as error:
            return error.count

    with sock:
        assert asyncio.run(run()) == 1
