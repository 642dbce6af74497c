"""The faults of tests/simulator/planted_faults.py name texts of the sources: each is still there, exactly once."""

import importlib.util
from pathlib import Path

import pytest

PLACE = Path(__file__).resolve().parents[1] / "simulator/planted_faults.py"
SPEC = importlib.util.spec_from_file_location("planted_faults", PLACE)
planted_faults = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(planted_faults)


@pytest.mark.parametrize("fault", planted_faults.FAULTS, ids=lambda fault: fault.name)
def test_the_text_that_a_fault_replaces_is_there_once(fault):
    text = (planted_faults.ROOT / fault.source).read_text(encoding="utf-8")
    assert text.count(fault.old) == 1
    assert fault.old != fault.new
