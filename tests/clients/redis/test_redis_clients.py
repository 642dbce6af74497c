"""What Redis' own clients push is stored once each, unchanged programs all of them; what they ask beside it is answered by
a sentence."""

import json
import pathlib
import shutil
import subprocess

import pytest
from waiting import seconds, wait_until

HERE = pathlib.Path(__file__).resolve().parent
LISTEN = {"listen.redis": '["tcp://127.0.0.1:0?strip=:items"]'}
PUSHED = 1000


@pytest.fixture
def daemon(start):
    return start(LISTEN)


def port(daemon):
    return str(daemon.address("redis")[1])


def answers(*command, cwd=None):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=seconds(240))
    assert done.returncode == 0, done
    return json.loads(done.stdout.splitlines()[-1])


def assert_usual(said, daemon, items):
    assert said["rpush"] == 2 and said["pipeline"] is True
    assert said["bad"].endswith("crawlspool invalid_json not valid JSON at byte 5")
    assert "this is crawlspoold, which takes items" in said["zcard"]
    assert "pipeline(transaction=False)" in said["transaction"]
    lines = daemon.spool.lines(live=True)
    assert {(line.stream, line.via) for line in lines} == {("quotes", "redis")}
    assert sorted(json.loads(line.record)["n"] for line in lines) == list(range(1, items + 1))
    return lines


@pytest.mark.parametrize("version", ["3.5.3", "4.3.4", "5.0.8", "6.4.0", "8.1.0"])
def test_redis_py_pushes_items(packages, daemon, version):
    said = answers(packages.python(f"redis=={version}"), str(HERE / "redis_py_items.py"), port(daemon))
    assert (said["version"], said["ping"], said["xadd"], said["info"]) == (version, True, "4-0", "7.0.0")
    lines = assert_usual(said, daemon, PUSHED + 5)
    assert {line.client for line in lines} == {"redis-py", "worker-7"}


def test_ioredis_pushes_items(packages, daemon):
    place = packages.node("ioredis@5")
    shutil.copy(HERE / "ioredis_items.js", place)
    lines = assert_usual(answers("node", "ioredis_items.js", port(daemon), cwd=place), daemon, PUSHED + 3)
    assert {line.client for line in lines} == {"ioredis"}


def test_go_redis_pushes_items(packages, daemon):
    go, place = packages.go("go-redis", "github.com/redis/go-redis/v9@v9.0.5")
    shutil.copy(HERE / "go_redis_items.go", place)
    lines = assert_usual(answers(go, "run", "go_redis_items.go", port(daemon), cwd=place), daemon, PUSHED + 3)
    assert {line.client for line in lines} == {"go-redis"}


def crawl(packages, pipeline, items, *settings):
    python = packages.python("scrapy", "scrapy-redis==0.9.1")
    return answers("env", f"PYTHONPATH={HERE.parents[2] / 'clients/python'}", python, str(HERE / "scrapy_redis_crawl.py"),
                   pipeline, str(items), *settings)


def assert_crawled(daemon, items):
    lines = daemon.spool.lines(live=True)
    assert {(line.stream, line.via) for line in lines} == {("quotes", "redis")}
    assert sorted(json.loads(line.record)["n"] for line in lines) == list(range(items))


def test_pipeline_of_scrapy_redis_works_unchanged(packages, daemon):
    stats = crawl(packages, "scrapy_redis.pipelines.RedisPipeline", 500, f"REDIS_URL=redis://127.0.0.1:{port(daemon)}")
    assert stats["item_scraped_count"] == 500
    assert_crawled(daemon, 500)


@pytest.mark.parametrize("reactor", ["asyncioreactor.AsyncioSelectorReactor", "epollreactor.EPollReactor"])
def test_pipeline_of_ours_counts_items_once_they_are_stored(packages, daemon, reactor):
    stats = crawl(packages, "crawlspool.scrapy.RedisItemsPipeline", 1000, f"TWISTED_REACTOR=twisted.internet.{reactor}",
                  f"CRAWLSPOOL_REDIS_URL=redis://127.0.0.1:{port(daemon)}", "CRAWLSPOOL_CLIENT=worker-7", "BAD_ITEM=True")
    assert (stats["item_scraped_count"], stats["crawlspool/acked"], stats["crawlspool/not_json"]) == (1000, 1000, 1)
    assert_crawled(daemon, 1000)
    assert {line.client for line in daemon.spool.lines(live=True)} == {"worker-7"}


def test_pipeline_of_ours_pushes_again_what_a_kill_has_cut_off(packages, daemon):
    daemon.settings["listen.redis"] = f'["tcp://127.0.0.1:{port(daemon)}?strip=:items"]'
    python = packages.python("scrapy", "scrapy-redis==0.9.1")
    command = ["env", f"PYTHONPATH={HERE.parents[2] / 'clients/python'}", python, str(HERE / "scrapy_redis_crawl.py"),
               "crawlspool.scrapy.RedisItemsPipeline", "3000", f"CRAWLSPOOL_REDIS_URL=redis://127.0.0.1:{port(daemon)}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_until(lambda: len(daemon.spool.lines(live=True)) > 200, "some are stored", 60)
        daemon.kill()
        daemon.start()
        output, log = process.communicate(timeout=seconds(120))
    stats = json.loads(output.splitlines()[-1])
    assert (stats["item_scraped_count"], stats["crawlspool/acked"]) == (3000, 3000), log[-3000:]
    numbers = [json.loads(record)["n"] for record in daemon.spool.records()]
    assert set(numbers) == set(range(3000))
    assert len(numbers) - 3000 <= stats.get("crawlspool/maybe_twice", 0)
