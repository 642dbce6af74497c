"""Pushes items by whatever redis-py this Python has: redis_py_items.py PORT. What it was answered, as JSON."""

import json
import sys

import redis

answers = {"version": redis.__version__}
client = redis.Redis(host="127.0.0.1", port=int(sys.argv[1]), client_name="redis-py", socket_timeout=20)
answers["ping"] = client.ping()
answers["rpush"] = client.rpush("quotes:items", '{"n":1}', '{"n":2}')
answers["lpush"] = client.lpush("quotes:items", '{"n":3}')
answers["xadd"] = client.xadd("quotes:items", {"item": '{"n":4}'}).decode()
with client.pipeline(transaction=False) as pipe:
    for n in range(5, 1005):
        pipe.rpush("quotes:items", '{"n":%d}' % n)
    answers["pipeline"] = pipe.execute() == [1] * 1000
with client.pipeline() as pipe:
    pipe.rpush("quotes:items", '{"n":-1}')
    try:
        pipe.execute()
    except redis.RedisError as error:
        answers["transaction"] = str(error)
for name, call in {"bad": lambda: client.rpush("quotes:items", '{"a":'), "zcard": lambda: client.zcard("q"),
                   "blpop": lambda: client.blpop("q", 1)}.items():
    try:
        call()
    except redis.ResponseError as error:
        answers[name] = str(error)
answers["info"] = client.info()["redis_version"]
url = redis.from_url(f"redis://worker-7:secret@127.0.0.1:{sys.argv[1]}/3", socket_timeout=20)
answers["url"] = url.rpush("quotes:items", '{"n":1005}')
print(json.dumps(answers))
