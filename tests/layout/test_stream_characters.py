"""The table of what no stream's name holds is what its script makes of the version of Unicode that it names."""

import runpy
import unicodedata
from pathlib import Path

import pytest

PROTO = Path(__file__).resolve().parents[2] / "proto"


def test_the_table_is_what_its_script_makes():
    table = (PROTO / "stream_characters.h").read_text(encoding="ascii")
    version = unicodedata.unidata_version
    if f"Unicode {version}:" not in table:
        pytest.skip(f"the table is of another Unicode than this Python's {version}")
    assert runpy.run_path(str(PROTO / "make_stream_characters.py"))["header"]() == table
