"""The runbook in systemd/OPERATIONS.md has a part for every alert, and whoever points to a part of it finds that."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = (ROOT / "systemd/OPERATIONS.md").read_text(encoding="utf-8")
RUNBOOK = OPERATIONS.split("\n## Runbook\n")[1].split("\n## ")[0]
PARTS = re.findall(r"^### (.+)$", RUNBOOK, re.MULTILINE)


def test_every_alert_has_its_part_and_no_other_is_named():
    rules = (ROOT / "packaging/monitoring/crawlspool.rules.yaml").read_text(encoding="utf-8")
    alerts = set(re.findall(r"- alert: (\w+)", rules))
    assert alerts and alerts == set(re.findall(r"`(Crawlspool[A-Z]\w+)`", RUNBOOK))


def test_what_the_log_points_to_is_there():
    words = OPERATIONS.split("\n### Words\n")[1].split("\n## ")[0]
    pointed = set(re.findall(r"Runbook: ([a-z ]+)\.", words))
    assert pointed and not {part[:1].upper() + part[1:] for part in pointed} - set(PARTS)


def test_what_the_doctor_points_to_is_there():
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "cli/doctor").glob("*.cpp"))
    pointed = set(re.findall(r"OPERATIONS\.md, ([A-Z][a-z]+(?: [a-z]+)*)", text))
    assert pointed and not {part.removesuffix(" what to do") for part in pointed} - set(PARTS)


def test_the_keys_that_it_names_are_keys():
    keys = (ROOT / "config/keys.cpp").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:limits|timeouts|spool|log)\.[a-z_]+)[`:]", OPERATIONS))
    assert named and not {key for key in named if f'"{key}"' not in keys}
