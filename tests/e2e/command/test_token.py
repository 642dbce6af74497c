"""crawlspool token: what it prints."""

import hashlib
import os
import re
import subprocess

import pytest


def token(*arguments):
    return subprocess.run([os.environ["CRAWLSPOOL"], "token", *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)


def test_a_new_token_comes_with_the_hash_of_it():
    made = token("new", "spider-7")
    assert made.returncode == 0 and made.stderr == ""
    secret = re.search(r"^cs_[A-Za-z0-9_-]{43}$", made.stdout, re.MULTILINE)[0]
    entry = f'- name: "spider-7"\n  sha256: {hashlib.sha256(secret.encode()).hexdigest()}\n'
    assert made.stdout.endswith(entry)
    assert made.stdout.count(secret) == 1


@pytest.mark.parametrize("name", ["", "a b", 'a"b', "a" * 65])
def test_a_name_that_no_log_should_hold_is_refused(name):
    made = token("new", name)
    assert made.returncode == 64 and made.stdout == ""
    assert "letters, digits" in made.stderr
