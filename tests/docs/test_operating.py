"""docs/operating.md and docs/dashboard.md, followed word by word."""

from __future__ import annotations

import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import yaml

from copytrade_live.clock import SystemClock
from copytrade_live.runner.alerts import Alert, Severity, load_sinks
from copytrade_live.settings import parse_config
from tests.deploy.programs import program
from tests.docs.blocks import ROOT, runnable
from tests.docs.terminals import Terminal
from tests.docs.test_going_live import a_free_port
from tests.docs.walk import Walk, environment, folder_with_the_code
from tests.notify.receiver import receiving

PAGE = "docs/operating.md"
TITLED = {block.title: block.text for block in runnable(PAGE) if block.title}
USER, PASSWORD = "copytrade", "abc"
HASH = "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"
ALWAYS = "groups: [{name: one, rules: [{alert: Always, expr: vector(1), for: 10s, labels: {severity: warning}}]}]\n"


def test_the_keys_of_the_dashboards_page_are_made(tmp_path: Path) -> None:
    with Walk(folder_with_the_code(tmp_path / "code")) as walk:
        assert walk.follow(runnable("docs/dashboard.md", "sh")).count("ctk_") == 2


def test_every_titled_block_of_the_page_is_tried_here() -> None:
    assert sorted(TITLED) == ["alerting.yml", "my_alerts.py", "pager.yaml", "web.yml"]
    assert [str(block) for block in runnable(PAGE) if block.language != "sh" and not block.title] == []


def test_the_sink_of_the_page_keeps_what_is_critical(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_alerts.py").write_text(TITLED["my_alerts.py"], encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    config = parse_config(TITLED["pager.yaml"], origin=PAGE)
    for sink in load_sinks(config.observability.alert_sinks)[1:]:
        for severity in Severity:
            sink.send(Alert(at=SystemClock().now(), kind="halt", severity=severity, text=severity.value))
    pages = sys.modules["my_alerts"].pages
    assert [pages.get_nowait(), pages.empty()] == ["critical", True]


@pytest.mark.e2e
@pytest.mark.slow
def test_the_commands_of_the_page_work(tmp_path: Path) -> None:
    for name in ("prometheus", "prometheus-alertmanager"):
        program(name)
    with receiving() as receiver:
        addresses = "tgram://BOT_TOKEN/CHAT_ID mailto://USER:PASSWORD@example.org"
        replaced = {addresses: receiver.url, **{f":{port}": f":{a_free_port()}" for port in (9091, 9093)}}
        with Walk(folder_with_the_code(tmp_path / "code"), replaced=replaced) as walk:
            walk.terminal("notify").run("copytrade init --venue http://127.0.0.1:9", {})
            walk.follow(runnable(PAGE, "sh"))
            for name in ("notify", "alertmanager", "prometheus"):
                walk.stop(name)
        [test] = receiver.came
        assert test["attachments"]


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Prometheus and Alertmanager with the login of the page and an alert that always fires; their addresses."""
    at = {name: f"127.0.0.1:{a_free_port()}" for name in ("prometheus", "alertmanager")}
    (tmp_path / "web.yml").write_text(TITLED["web.yml"].replace("HASH", HASH), encoding="utf-8")
    (tmp_path / "password").write_text(PASSWORD, encoding="utf-8")
    (tmp_path / "always.yml").write_text(ALWAYS, encoding="utf-8")
    told = TITLED["alerting.yml"].replace("127.0.0.1:9093", at["alertmanager"])
    config = yaml.safe_load(told.replace("/etc/prometheus/alertmanager-password", str(tmp_path / "password")))
    config |= {"rule_files": ["always.yml"], "global": {"evaluation_interval": "1s"}}
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    guard = "--web.config.file web.yml"
    shipped = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"
    commands = {
        "prometheus": f"--config.file prometheus.yml --storage.tsdb.path series {guard}",
        "alertmanager": f"--config.file {shipped} --storage.path alerts --cluster.listen-address= {guard}",
    }
    with (
        closing(Terminal(tmp_path, environment(tmp_path))) as one,
        closing(Terminal(tmp_path, environment(tmp_path))) as two,
    ):
        for terminal, (name, options) in zip((one, two), commands.items(), strict=True):
            command = program("prometheus" if name == "prometheus" else "prometheus-alertmanager")
            terminal.type(f"{command} {options} --web.listen-address {at[name]}")
            terminal.wait_for("Server is ready to receive web requests", "Listening on")
        yield at


@pytest.mark.e2e
@pytest.mark.slow
def test_with_the_pages_login_nobody_else_reads_or_silences_and_alerts_still_arrive(
    guarded: dict[str, str], tmp_path: Path
) -> None:
    subprocess.run([program("promtool"), "check", "web-config", "web.yml"], cwd=tmp_path, check=True)
    for address, path in ((guarded["prometheus"], "/metrics"), (guarded["alertmanager"], "/api/v2/silences")):
        with pytest.raises(HTTPError, match="401"):
            urlopen(f"http://{address}{path}", timeout=5)
    given = {"Authorization": f"Basic {b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"}
    with urlopen(Request(f"http://{guarded['prometheus']}/metrics", headers=given), timeout=5) as answer:
        assert answer.status == 200
    asked = Request(f"http://{guarded['alertmanager']}/api/v2/alerts", headers=given)
    until = SystemClock().now() + 60_000
    while "Always" not in (said := urlopen(asked, timeout=5).read().decode()):
        assert SystemClock().now() < until, said
