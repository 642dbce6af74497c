"""packaging/monitoring: the alerts fire as their tests say, and neither they nor the dashboard ask for anything that
/metrics does not have."""

import json
import re

import pytest
import yaml

import exposition
from daemon import ROOT
from exposition import promtool
from waiting import wait_until

MONITORING = ROOT / "packaging/monitoring"
RULES = MONITORING / "crawlspool.rules.yaml"
NOT_OURS = {"up"}  # Prometheus' own


def alerts():
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return {rule["alert"]: rule["expr"] for group in groups for rule in group["rules"]}


def dashboard():
    return json.loads((MONITORING / "crawlspool.dashboard.json").read_text(encoding="utf-8"))


def dashboard_expressions():
    board = dashboard()
    found = {f"panel {panel['title']} {target['refId']}": target["expr"]
             for panel in board["panels"] for target in panel["targets"]}
    found.update({f"annotation {one['name']}": one["expr"] for one in board["annotations"]["list"]})
    return {name: expr.replace("$__rate_interval", "5m").replace("$instance", ".*") for name, expr in found.items()}


def metrics_in(expression):
    """Names that are followed by no bracket of a call and stand in no label matcher or list of labels."""
    bare = re.sub(r"\{[^}]*\}|\[[^]]*\]|\b(by|on|without|ignoring)\s*\([^)]*\)", " ", expression)
    return set(re.findall(r"\b(?:[a-z]+_[a-z_]+|up)\b(?!\s*\()", bare)) - {"humanize"}


@pytest.fixture(scope="module")
def metrics(shared):
    shared.post(b"1")
    wait_until(lambda: exposition.scrape(shared).labelled("crawlspool_connection_closes_total", "reason"), "one has ended")
    return exposition.scrape(shared)


@pytest.mark.parametrize("where, expression", [*alerts().items(), *dashboard_expressions().items()])
def test_an_expression_asks_for_metrics_and_labels_that_exist(metrics, where, expression):
    names = metrics_in(expression)
    assert names, where
    assert names - NOT_OURS <= metrics.series_names(), where
    for name, matchers in re.findall(r"([a-z_]+)\{([^}]*)\}", expression):
        for label in set(re.findall(r"([a-z]+)(?:=~|!=|=)", matchers)) - {"job", "instance"}:
            assert label in metrics.labels(re.sub("_bucket$", "", name)), f"{where}: {name}{{{matchers}}}"


def test_an_expression_with_a_wrong_name_would_be_found(metrics):
    wrong = "rate(crawlspool_record_total[5m]) / on (instance) crawlspool_state{state=\"ok\"}"
    assert metrics_in(wrong) - metrics.series_names() == {"crawlspool_record_total"}


def test_the_rules_pass_their_tests():
    result = promtool("test", "rules", MONITORING / "crawlspool.rules.test.yaml")
    assert result.returncode == 0, result.stdout + result.stderr


def test_each_alert_has_a_test():
    tests = (MONITORING / "crawlspool.rules.test.yaml").read_text(encoding="utf-8")
    assert not [alert for alert in alerts() if alert not in tests]


def test_the_dashboard_s_expressions_are_promql(tmp_path):
    expressions = dashboard_expressions()
    rules = [{"record": f"r{number}", "expr": expr} for number, expr in enumerate(expressions.values())]
    file = tmp_path / "rules.yaml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}), encoding="utf-8")
    result = promtool("check", "rules", file)
    assert result.returncode == 0 and f"{len(rules)} rules found" in result.stdout, result.stdout + result.stderr


def test_the_dashboard_s_panels_do_not_overlap():
    taken = set()
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken and place["x"] + place["w"] <= 24, panel["title"]
        taken |= cells
