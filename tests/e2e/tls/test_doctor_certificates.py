"""`crawlspool doctor` warns of certificates that end soon: those that a daemon serves, else those of the files."""

import json

import pytest

from authority import Authority
from command import run


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def settings(own, **listen):
    return {"listen.stream": '["tls://127.0.0.1:0"]', "tls.certificate": str(own.certificate), "tls.key": str(own.key), **listen}


def findings(*arguments):
    found = json.loads(run("doctor", "--json", *arguments).stdout)["findings"]
    return {one["check"].removeprefix("certificate of "): one for one in found if one["check"].startswith("certificate of ")}


def examine(daemon):
    return findings("--admin", f"http://{daemon.ready['admin'][0]}", "--spool", daemon.spool.directory)


def test_a_certificate_that_is_served_is_warned_of_two_weeks_before_its_end(start, authority):
    own = authority.make("crawl-server", days=100)
    daemon = start(settings(own))
    (address,) = daemon.ready["stream"]
    assert examine(daemon)[address]["health"] == "ok"
    authority.make("crawl-server", days=13)
    assert examine(daemon)[address]["health"] == "ok", "it is not served yet"
    daemon.signal(1)
    daemon.wait_event("tls_reloaded")
    found = examine(daemon)[address]
    assert found["health"] == "note" and found["detail"].endswith((", in 12 days", ", in 13 days")), found
    assert "systemctl reload crawlspoold" in found["remedy"]


def test_one_that_has_ended_is_trouble(start, authority):
    daemon = start(settings(authority.make("crawl-server", days=-1)))
    (address,) = daemon.ready["stream"]
    found = examine(daemon)[address]
    assert found["health"] == "trouble" and found["detail"].startswith("ended on 20"), found


def test_without_a_daemon_the_files_of_all_listeners_are_read(authority, tmp_path):
    common, own = authority.make("common", days=5), authority.make("own", days=100)
    config = {"listen": {"stream": ["tls://127.0.0.1:1"], "http": [f"tls://127.0.0.1:2?certificate={own.certificate}&key={own.key}"],
                         "admin": ["tcp://127.0.0.1:3"]},
              "tls": {"certificate": str(common.certificate), "key": str(common.key)},
              "spool": {"directory": str(tmp_path / "spool")}}
    file = tmp_path / "crawlspoold.yaml"
    file.write_text(json.dumps(config), encoding="utf-8")
    found = findings("-c", file)
    assert {name: one["health"] for name, one in found.items()} == {str(common.certificate): "note", str(own.certificate): "ok"}
    common.certificate.unlink()
    assert findings("-c", file)[str(common.certificate)]["health"] == "note"
