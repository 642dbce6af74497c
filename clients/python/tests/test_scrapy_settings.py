"""What the pipeline's settings take and refuse, each refusal by the setting's name."""

import copy
import ssl
import subprocess
import sys

import pytest

pytest.importorskip("scrapy")

import crawlspool  # noqa: E402
from crawlspool.scrapysettings import read_arguments  # noqa: E402
from scrapy.settings import Settings  # noqa: E402


@pytest.mark.parametrize("setting, value, argument, read", [
    ("WINDOW", "100", "window", 100), ("WINDOW_BYTES", "64MiB", "window_bytes", 64 << 20),
    ("WINDOW_BYTES", 1000, "window_bytes", 1000), ("WINDOW_BYTES", "1000", "window_bytes", 1000),
    ("BUFFER_BYTES", "1.5 GiB", "buffer_bytes", 3 << 29), ("BUFFER_SYNC", "True", "buffer_sync", True),
    ("COMPRESS", "0", "compress", False), ("COMPRESS", True, "compress", True),
    ("CLOSE_TIMEOUT", "30s", "close_timeout", 30.0), ("CLOSE_TIMEOUT", "5m", "close_timeout", 300.0),
    ("CLOSE_TIMEOUT", "250ms", "close_timeout", 0.25), ("CLOSE_TIMEOUT", 2.5, "close_timeout", 2.5),
    ("CLOSE_TIMEOUT", "2", "close_timeout", 2.0), ("DEFAULT", "builtins.str", "default", str),
    ("DEFAULT", str, "default", str), ("STREAM", "引文", "stream", "引文")])
def test_a_setting_is_read_as_the_documents_write_it(setting, value, argument, read):
    assert read_arguments({f"CRAWLSPOOL_{setting}": value, "LOG_LEVEL": "INFO"}) == {argument: read}


@pytest.mark.parametrize("value", [None, "", " "])
def test_what_is_not_set_is_the_clients_default(value):
    assert not read_arguments({"CRAWLSPOOL_BUFFER_DIR": value, "CRAWLSPOOL_TLS": value, "CRAWLSPOOL_WINDOW": value})


@pytest.mark.parametrize("setting, value", [
    ("WINDOW", "1GiB"), ("WINDOW", "many"), ("WINDOW_BYTES", "1Gigs"), ("WINDOW_BYTES", "-1"), ("BUFFER_BYTES", "1gib"),
    ("BUFFER_BYTES", "GiB"), ("COMPRESS", "maybe"), ("COMPRESS", 2), ("BUFFER_SYNC", []), ("CLOSE_TIMEOUT", "soon"),
    ("CLOSE_TIMEOUT", "5 minutes"), ("DEFAULT", "no.such.function"), ("DEFAULT", "nothing")])
def test_a_wrong_setting_is_told_with_its_value_and_what_is_expected(setting, value):
    with pytest.raises(crawlspool.ConfigurationError) as raised:
        read_arguments({f"CRAWLSPOOL_{setting}": value})
    assert str(raised.value).startswith(f"CRAWLSPOOL_{setting} is {value!r}; it is ")


def test_an_unknown_setting_is_refused_with_the_nearest_name():
    with pytest.raises(crawlspool.ConfigurationError, match="CRAWLSPOOL_BUFER_DIR .* the nearest is CRAWLSPOOL_BUFFER_DIR"):
        read_arguments({"CRAWLSPOOL_BUFER_DIR": "/tmp"})
    with pytest.raises(crawlspool.ConfigurationError, match="CRAWLSPOOL_SERVER .* the nearest is CRAWLSPOOL_SERVERS"):
        read_arguments({"CRAWLSPOOL_SERVER": "tcp://h"})
    with pytest.raises(crawlspool.ConfigurationError, match="CRAWLSPOOL_X is no setting"):
        read_arguments({"CRAWLSPOOL_X": 1})


@pytest.mark.parametrize("settings, arguments", [
    ({"TLS": "CA"}, {"tls_ca": "CA"}), ({"TLS_CA": "CA"}, {"tls_ca": "CA"}), ({"TLS": True, "TLS_CA": "CA"}, {"tls_ca": "CA"}),
    ({"TLS_CA": "DIRECTORY"}, {"tls_ca": "DIRECTORY"}),
    ({"TLS_CERTIFICATE": "CA", "TLS_KEY": "KEY"}, {"tls_certificate": "CA", "tls_key": "KEY"}),
    ({"TLS_CA": "CA", "TLS_CERTIFICATE": "CA", "TLS_KEY": "KEY"}, {"tls_ca": "CA", "tls_certificate": "CA", "tls_key": "KEY"})])
def test_tls_is_set_by_paths_that_are_copied(certificate, tmp_path, settings, arguments):
    paths = {"KEY": str(certificate[0]), "CA": str(certificate[1]), "DIRECTORY": str(tmp_path)}
    named = Settings({f"CRAWLSPOOL_{name}": paths.get(value, value) for name, value in settings.items()})
    assert read_arguments(copy.deepcopy(named)) == {name: paths[value] for name, value in arguments.items()}


@pytest.mark.parametrize("value", [True, "true", "1"])
def test_tls_without_paths_is_by_the_systems_cas(value):
    context = read_arguments({"CRAWLSPOOL_TLS": value})["tls"]
    assert context.verify_mode == ssl.CERT_REQUIRED and context.check_hostname


def test_a_server_by_tls_needs_no_other_setting():
    assert read_arguments({"CRAWLSPOOL_SERVERS": "tls://h:1"}) == {"servers": "tls://h:1"}


def test_a_server_by_tls_and_no_tls_contradict_each_other():
    with pytest.raises(crawlspool.ConfigurationError, match="CRAWLSPOOL_TLS is False; it is not set, or True, where"):
        read_arguments({"CRAWLSPOOL_SERVERS": "tls://h:1", "CRAWLSPOOL_TLS": False})


def test_tls_is_off_where_it_says_so(certificate):
    assert not read_arguments({"CRAWLSPOOL_TLS": "False", "CRAWLSPOOL_TLS_CA": str(certificate[1])})


@pytest.mark.parametrize("settings, named", [
    ({"TLS": "/no/such/file"}, "CRAWLSPOOL_TLS is '/no/such/file'; it is True, False, or the path of a PEM file"),
    ({"TLS": 7}, "CRAWLSPOOL_TLS is 7; it is True, False, or the path"),
    ({"TLS_CA": "/no/such/file"}, "CRAWLSPOOL_TLS_CA is '/no/such/file'; it is the path of a PEM file"),
    ({"TLS_CA": "KEY"}, "CRAWLSPOOL_TLS_CA is"), ({"TLS": "KEY"}, "CRAWLSPOOL_TLS is"),
    ({"TLS": "CA", "TLS_CA": "CA"}, "it is True or False where CRAWLSPOOL_TLS_CA is set"),
    ({"TLS_KEY": "KEY"}, "CRAWLSPOOL_TLS_KEY is set, and CRAWLSPOOL_TLS_CERTIFICATE is not"),
    ({"TLS_CERTIFICATE": "CA"}, "CRAWLSPOOL_TLS_CERTIFICATE is"),
    ({"TLS_CERTIFICATE": "KEY", "TLS_KEY": "CA"}, "CRAWLSPOOL_TLS_CERTIFICATE is")])
def test_tls_that_cannot_work_is_told_by_its_setting(certificate, settings, named):
    paths = {"KEY": str(certificate[0]), "CA": str(certificate[1])}
    with pytest.raises(crawlspool.ConfigurationError) as raised:
        read_arguments({f"CRAWLSPOOL_{name}": paths.get(value, value) for name, value in settings.items()})
    assert named in str(raised.value)


def test_a_key_with_a_password_is_refused_without_a_question(certificate, tmp_path):
    locked = tmp_path / "locked.pem"
    subprocess.run(["openssl", "ec", "-in", certificate[0], "-aes128", "-passout", "pass:x", "-out", locked], check=True,
                   capture_output=True)
    with pytest.raises(crawlspool.ConfigurationError, match="the key has no password"):
        read_arguments({"CRAWLSPOOL_TLS_CERTIFICATE": str(certificate[1]), "CRAWLSPOOL_TLS_KEY": str(locked)})
    assert "twisted.internet.reactor" not in sys.modules  # reading settings installs none
