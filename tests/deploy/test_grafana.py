"""Grafana's dashboards are what their generator makes, ask for metrics that exist, and together show every one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from copytrade_live.metrics import METRICS
from deploy.grafana import make
from deploy.grafana.panels import BOARDS

GRAFANA = Path(__file__).resolve().parents[2] / "deploy" / "grafana"
PANELS = [panel for board in BOARDS for panels in board.rows.values() for panel in panels]
QUERIES = [query for panel in PANELS for query in panel.queries.values()]


@pytest.mark.parametrize(("path", "content"), list(make.rendered()), ids=lambda one: getattr(one, "name", ""))
def test_a_dashboard_is_what_its_generator_makes(path: Path, content: str) -> None:
    assert path.read_text(encoding="utf-8") == content, "run: python deploy/grafana/make.py"
    numbers = [panel["id"] for panel in json.loads(content)["panels"]]
    assert len(set(numbers)) == len(numbers)


def test_every_panel_says_what_it_shows_and_its_title_is_its_own() -> None:
    assert len({panel.title for panel in PANELS}) == len(PANELS)
    assert all(panel.meaning.endswith(".") and panel.queries for panel in PANELS)


def test_every_metric_is_on_a_panel_and_no_panel_asks_for_another() -> None:
    asked = {name for query in QUERIES for name in re.findall(r"copytrade_\w+", query)}
    shown = {name.removesuffix("_bucket") for name in asked}
    assert shown == {one.full_name for one in METRICS}


def test_the_provisioned_source_is_the_one_that_dashboards_name() -> None:
    [source] = yaml.safe_load((GRAFANA / "provisioning/datasources/copytrade.yaml").read_text())["datasources"]
    assert (source["uid"], source["type"]) == (make.SOURCE.uid, make.SOURCE.type_val)
    for _, content in make.rendered():
        named = set(re.findall(r'"uid": "(copytrade-prometheus[^"]*)"', content))
        assert named == {source["uid"]}
