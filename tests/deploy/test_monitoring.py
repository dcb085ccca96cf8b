"""Prometheus and Alertmanager, really started with the files we ship, beside a demo that really copies."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from copytrade_live.runtime_file import read_runtime
from deploy.grafana.panels import BOARDS
from tests.deploy.programs import program

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
# On two idle cores the first fill comes within two minutes; a busy machine gets more.
PATIENCE_SECONDS = 600.0
# What paper trading on a sandbox cannot show: an account of real money, a key, hosts with a ceiling; and what only
# trouble makes, which a demo of some minutes may not meet.
NEEDS_LIVE = (
    *("reconciled_age_seconds", "reconciled_age_limit_seconds", "account_cash_difference", "account_differs"),
    *("session_key_days", "venue_requests_limit"),
)
NEEDS_LUCK = ("failures_total", "orders_abandoned_total", "exits_total", "copies_closed_total", "alerts_total")

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(holds: Callable[[], object], *alive: subprocess.Popen[bytes]) -> object:
    """What it holds, once it does; fails when that takes too long or one of these processes ends meanwhile."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        assert [one.args for one in alive if one.poll() is not None] == []
        try:
            if found := holds():
                return found
        except (OSError, IndexError):
            pass
        assert time.monotonic() < end, f"waited {PATIENCE_SECONDS:g} s for nothing"
        time.sleep(0.5)


def ask(url: str) -> dict:
    with urlopen(url, timeout=10) as answer:
        return json.load(answer)


@contextmanager
def started(command: list[str], log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | environment, stdout=file, stderr=file, start_new_session=True
        )
        try:
            yield process
        finally:
            if process.poll() not in (None, 0):
                print(log.read_text()[-2000:])
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(timeout=40)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()


@contextmanager
def hook(port: int) -> Iterator[list[dict]]:
    """Where alerts go: what `copytrade notify` would be told."""
    heard: list[dict] = []

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", port), Ear)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield heard
    finally:
        server.shutdown()
        server.server_close()


def with_ports(folder: Path, ports: dict[str, int]) -> Path:
    """The shipped files with this test's ports in the place of the usual ones."""
    for name in ("prometheus/prometheus.yml", "prometheus/alerts.yml", "alertmanager/alertmanager.yml"):
        text = (DEPLOY / name).read_text(encoding="utf-8")
        for usual, port in ports.items():
            text = text.replace(f"127.0.0.1:{usual}", f"127.0.0.1:{port}")
        (folder / Path(name).name).write_text(text, encoding="utf-8")
    return folder


def test_a_demo_is_scraped_every_panel_has_data_and_an_alert_arrives_and_resolves(tmp_path: Path) -> None:
    prometheus, alertmanager = program("prometheus"), program("prometheus-alertmanager")
    home, ports = tmp_path / "demo", {"9093": free_port(), "9095": free_port()}
    page = f"http://127.0.0.1:{free_port()}"
    flags = ("--sandbox-port", "--dagster-port", "--dashboard-port")
    arguments = ["demo", *(word for flag in flags for word in (flag, str(free_port())))]
    demo_command = [sys.executable, "-u", "-c", "from copytrade_live.cli import main; main()", *arguments]
    with ExitStack() as stack:
        demo = stack.enter_context(started(demo_command, tmp_path / "demo.log", COPYTRADE_HOME=str(home)))
        wait_for(lambda: "  filled  " in (tmp_path / "demo.log").read_text(), demo)
        runtime = read_runtime(home / "state.sqlite")
        assert runtime is not None
        ports["9090"] = int(str(runtime.told["address"]).rpartition(":")[2])
        files = with_ports(tmp_path, ports)
        told = stack.enter_context(hook(ports["9095"]))
        host = page.removeprefix("http://")
        keeper = stack.enter_context(
            started(
                [
                    *(prometheus, "--config.file", str(files / "prometheus.yml"), "--web.listen-address", host),
                    *("--storage.tsdb.path", str(tmp_path / "series")),
                ],
                tmp_path / "prometheus.log",
            )
        )
        teller = stack.enter_context(
            started(
                [
                    *(alertmanager, "--config.file", str(files / "alertmanager.yml"), "--cluster.listen-address="),
                    *("--web.listen-address", f"127.0.0.1:{ports['9093']}", "--storage.path", str(tmp_path / "alerts")),
                ],
                tmp_path / "alertmanager.log",
            )
        )
        wait_for(lambda: ask(f"{page}/api/v1/query?query=up")["data"]["result"][0]["value"][1] == "1", demo, keeper)
        [target] = ask(f"{page}/api/v1/targets")["data"]["activeTargets"]
        assert (target["health"], target["lastError"]) == ("up", "")
        # Rates need some scrapes.
        time.sleep(90)
        silent = panels_without_data(page)
        assert [one for one in silent if not is_excused(one)] == []
        rules = ask(f"{page}/api/v1/rules")["data"]["groups"]
        assert all(rule["health"] == "ok" for group in rules for rule in group["rules"])
        demo.send_signal(signal.SIGINT)
        assert demo.wait(timeout=60) == 0
        wait_for(lambda: [one for one in told if one["status"] == "firing" and down(one)], keeper, teller)
        fired = ask(f"http://127.0.0.1:{ports['9093']}/api/v2/alerts?filter={quote('alertname=CopytradeDown')}")
        assert fired[0]["labels"]["severity"] == "critical"
        assert fired[0]["annotations"]["runbook"] == "docs/runbook.md#copytradedown"
        # Something answers at that address again, and the alert is over.
        with hook_of_metrics(ports["9090"]):
            wait_for(lambda: [one for one in told if one["status"] == "resolved" and down(one)], keeper, teller)


def down(message: dict) -> bool:
    return message["commonLabels"].get("alertname") == "CopytradeDown"


def panels_without_data(page: str) -> list[str]:
    silent = []
    for board in BOARDS:
        for panels in board.rows.values():
            for panel in panels:
                for query in panel.queries.values():
                    answer = ask(f"{page}/api/v1/query?query={quote(query)}")
                    assert answer["status"] == "success", (panel.title, query)
                    if not answer["data"]["result"]:
                        silent.append(query)
    return silent


def is_excused(query: str) -> bool:
    names = set(re.findall(r"copytrade_(\w+)", query))
    return names <= {*NEEDS_LIVE, *NEEDS_LUCK}


@contextmanager
def hook_of_metrics(port: int) -> Iterator[None]:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(b"copytrade_ready 1\n")

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", port), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
