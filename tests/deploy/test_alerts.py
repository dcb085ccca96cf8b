"""Every alert fires and resolves, is routed, and has a page that says what to do with commands that exist."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from copytrade_live.metric_kinds import LABELS, Kind
from copytrade_live.metrics import METRICS
from deploy.prometheus import alert_cases
from tests.deploy.programs import program

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = [rule for group in yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
NAMES = [rule["alert"] for rule in RULES]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
SECTIONS = {part.partition("\n")[0]: part for part in RUNBOOK.split("\n## ")[1:]}
# Of Prometheus itself and of the client library.
FOREIGN = {"up", "process_start_time_seconds"}


def test_every_alert_fires_and_resolves_by_promtool() -> None:
    done = subprocess.run(
        [program("promtool"), "test", "rules", "alerts_test.yml"], cwd=PROMETHEUS, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_and_amtool_accept_the_configurations() -> None:
    rules = subprocess.run(
        [program("promtool"), "check", "config", "prometheus.yml"], cwd=PROMETHEUS, capture_output=True, text=True
    )
    assert rules.returncode == 0, rules.stdout + rules.stderr
    routes = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"
    done = subprocess.run([program("amtool"), "check-config", str(routes)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_cases_are_what_is_tested_and_none_is_missing() -> None:
    assert [case.alert for case in alert_cases.CASES] == NAMES
    written = alert_cases.TESTS.read_text(encoding="utf-8")
    assert written == alert_cases.rendered(), "run: python deploy/prometheus/alert_cases.py"


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_an_alert_says_how_bad_what_and_where_to_read_on(rule: dict) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    told = rule["annotations"]
    assert told["summary"].endswith(".")
    assert told["description"] != told["summary"]
    assert told["runbook"] == f"docs/runbook.md#{rule['alert'].lower()}"
    shown = set(re.findall(r"\$labels\.(\w+)", " ".join(told.values())))
    assert shown <= {*LABELS, "instance"}


@pytest.mark.parametrize("name", NAMES)
def test_an_alert_has_a_section_with_meaning_check_and_deed(name: str) -> None:
    section = SECTIONS[name]
    assert re.findall(r"^\*\*(\w+)\*\*", section, flags=re.M) == ["Means", "Check", "Do"]
    [severity] = [rule["labels"]["severity"] for rule in RULES if rule["alert"] == name]
    assert f"({severity}):" in section


def test_the_runbook_has_no_section_without_its_alert() -> None:
    assert list(SECTIONS) == NAMES


def test_alerts_ask_only_for_metrics_that_are_shown_and_labels_they_have() -> None:
    ours = {one.full_name: one for one in METRICS}
    for one in METRICS:
        if one.kind is Kind.HISTOGRAM:
            ours |= {f"{one.full_name}_bucket": one, f"{one.full_name}_count": one}
    for rule in RULES:
        named = set(re.findall(r"\b(copytrade_\w+|up|process_\w+)\b", rule["expr"])) - FOREIGN
        assert named <= set(ours), rule["alert"]
        for name, inner in re.findall(r"(copytrade_\w+)\{([^}]*)\}", rule["expr"]):
            assert set(re.findall(r"(\w+)[!=]", inner)) <= {*ours[name].labels}


def test_inhibition_names_alerts_that_exist() -> None:
    config = yaml.safe_load((ROOT / "deploy" / "alertmanager" / "alertmanager.yml").read_text())
    for rule in config["inhibit_rules"]:
        for matcher in [*rule["source_matchers"], *rule["target_matchers"]]:
            for name in re.findall(r"Copytrade[A-Z]\w+", matcher):
                assert name in NAMES


def test_what_a_monitor_must_keep_of_one_runner_is_bounded() -> None:
    assert {label for one in METRICS for label in one.labels} == set(LABELS)
    assert sum(one.most_series for one in METRICS) <= 5_000
    assert all(one.meaning.endswith(".") for one in METRICS)
    assert len({one.full_name for one in METRICS}) == len(METRICS)


@pytest.mark.parametrize(
    ("severity", "receiver"), [("critical", "notify"), ("warning", "notify"), ("info", "shown-only")]
)
def test_alerts_go_where_their_severity_says(severity: str, receiver: str) -> None:
    routes = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"
    asked = [program("amtool"), "config", "routes", "test", f"--config.file={routes}", f"severity={severity}"]
    done = subprocess.run(asked, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, receiver), done.stderr
