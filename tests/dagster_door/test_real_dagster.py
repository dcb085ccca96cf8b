"""Dagster's own webserver, really started on its socket behind the door, and a browser that works with it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from copytrade_live.dashboard.schemas.session import Role
from copytrade_live.settings import Home
from tests.dagster_door.conftest import Place, dashboard_at, door_at

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
DEFINITIONS = """
import dagster as dg


@dg.asset
def told_by_nobody() -> int:
    return 1


defs = dg.Definitions(assets=[told_by_nobody])
"""
COUNT = '{assetOrError(assetKey:{path:[\\"told_by_nobody\\"]}){... on Asset{assetMaterializations{timestamp}}}}'
MUTATION = "mutation{setNuxSeen}"

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture
def behind_the_door(tmp_path: Path) -> Iterator[tuple[Place, Path, int]]:
    """A door, the socket of the webserver behind it, and that one's pid."""
    socket_path, workspace = tmp_path / "dagster.sock", tmp_path / "workspace.yaml"
    (tmp_path / "told.py").write_text(DEFINITIONS)
    workspace.write_text(f"load_from: [{{python_file: {tmp_path / 'told.py'}}}]\n")
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    command = [sys.executable, "-m", "copytrade_pipelines.webserver", str(socket_path), str(workspace)]
    with ExitStack() as stack:
        webserver = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | {"DAGSTER_HOME": str(tmp_path / "instance")}, start_new_session=True
        )
        stack.callback(webserver.wait)
        stack.callback(webserver.terminate)
        dashboard, desk, keys = stack.enter_context(dashboard_at(Home(tmp_path / "home")))
        door = stack.enter_context(door_at(socket_path, dashboard))
        for _ in range(600):
            if httpx.get(f"{door}/healthz").status_code == 200:
                break
            assert webserver.poll() is None
            time.sleep(0.2)
        yield Place(door, dashboard, desk, keys), socket_path, webserver.pid


def materializations(place: Place) -> int:
    asked = place.ask("POST", "/graphql", role=Role.OPERATOR, content=f'{{"query":"{COUNT}"}}')
    found = asked.json()["data"]["assetOrError"]
    return len(found.get("assetMaterializations", []))


def test_foreign_pages_change_nothing_and_a_browser_that_is_logged_in_works(
    behind_the_door: tuple[Place, Path, int],
) -> None:
    place, socket_path, pid = behind_the_door
    assert stat.S_IMODE(socket_path.stat().st_mode) == 0o600
    assert listening_ports(pid) == set()
    # The two requests that reach a webserver on a port, here without and with a login that a browser would add.
    for cookie in ("", place.cookie(Role.ADMIN)):
        image = {"Host": "evil.example", "Origin": "http://evil.example", "Accept": "image/webp,*/*", "Cookie": cookie}
        assert place.ask("GET", f"/graphql?query={MUTATION}", **image).status_code == 421
        named = image | {"Host": httpx.URL(place.door).netloc.decode()}
        assert place.ask("GET", f"/graphql?query={MUTATION}", **named).status_code == 403
        forged = httpx.post(
            f"{place.door}/report_asset_materialization/told_by_nobody",
            headers={"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site", "Cookie": cookie},
        )
        assert forged.status_code == 403
    assert materializations(place) == 0
    # They are no phantoms: on the socket itself, which no page can open, the second one takes effect.
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket_path)), base_url="http://dagster") as inside:
        assert inside.post("/report_asset_materialization/told_by_nobody").status_code == 200
    assert materializations(place) == 1
    for role in (Role.OPERATOR, Role.VIEWER):
        browse(place, role)
    mutation = f'{{"query":"{MUTATION}"}}'
    assert place.ask("POST", "/graphql", role=Role.VIEWER, content=mutation).status_code == 403
    assert place.ask("POST", "/graphql", role=Role.OPERATOR, content=mutation).status_code == 200


def browse(place: Place, role: Role) -> None:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        refused: list[str] = []
        sockets: list[str] = []
        page.on("response", lambda one: refused.append(f"{one.status} {one.url}") if one.status >= 400 else None)
        page.on("websocket", lambda one: sockets.append(one.url))
        page.goto(f"{place.door}/assets", wait_until="commit")
        assert page.url.rstrip("/") == place.dashboard
        log_in = (
            "async key => (await fetch('/api/session', {method: 'POST', headers: {'Content-Type': 'application/json'},"
            " body: JSON.stringify({api_key: key})})).status"
        )
        assert page.evaluate(log_in, place.keys[role]) == 200
        refused.clear()
        page.goto(f"{place.door}/assets/told_by_nobody")
        page.get_by_text("told_by_nobody").first.wait_for(timeout=60_000)
        page.get_by_text("Materialize", exact=False).first.wait_for(timeout=60_000)
        page.wait_for_timeout(3000)
        button = page.get_by_role("button", name="Materialize").first
        assert button.is_enabled() is (role is Role.OPERATOR)
        if shots := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=f"{shots}/dagster-behind-the-door-{role.value}.png")
        browser.close()
    assert refused == []
    assert sockets
    assert all(url.startswith(place.door.replace("http", "ws")) for url in sockets)


def listening_ports(pid: int) -> set[int]:
    """TCP ports that a process listens on."""
    inodes = set()
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        target = os.readlink(handle)
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A" and row[9] in inodes}
