"""Runner and platform as two users, as their units say: each sees of the other what is handed over, and no more."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from copytrade_live.core.score import Gate
from copytrade_live.settings import Home
from copytrade_live.store.export import Exporter
from copytrade_live.store.journal import Journal
from copytrade_pipelines.publishing import publish_gate
from tests import builders
from tests.builders import NOW
from tests.cli.journals import write_journal
from tests.deploy.test_deploy import text
from tests.pipelines.snapshots import publish

RUNNER, PLATFORM = 64_001, 64_002
STATE = Path("/var/lib")


def units() -> dict[int, str]:
    beside = ("copytrade-beside-platform.conf", "copytrade-dashboard-beside-platform.conf")
    return {RUNNER: "\n".join(map(text, beside)), PLATFORM: text("copytrade-platform.service")}


@pytest.fixture
def homes() -> Iterator[dict[int, Home]]:
    """Two homes with what both sides write, by our own code under the units' masks, each its user's."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False).returncode != 0:
        pytest.skip("only root may mount and become two users")
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    made = {RUNNER: Home(root / "copytrade"), PLATFORM: Home(root / "copytrade-platform")}
    [mask] = {re.findall(r"^UMask=(\d+)$", unit, re.MULTILINE)[0] for unit in units().values()}
    before = os.umask(int(mask, 8))
    try:
        runner, platform = made.values()
        for home in made.values():
            home.root.mkdir(mode=0o700)
        runner.config.write_text("{}\n", encoding="utf-8")
        for one in (runner, runner.live()):
            write_journal(one.state, builders.opening(), builders.config())
            with Journal.open_reader(one.state) as journal:
                Exporter(one.export, journal).export()
        publish(platform)
        publish_gate(platform, Gate(is_open=True, reasons=(), snapshot_id=None, written_at=NOW, valid_until=NOW))
        platform.warehouse.write_bytes(b"")
        platform.reports.mkdir()
        (platform.reports / "run").write_text("made by a backtest", encoding="utf-8")
        for user, home in made.items():
            subprocess.run(["chown", "-R", f"{user}:{user}", str(home.root)], check=True)
        yield made
    finally:
        os.umask(before)
        shutil.rmtree(root)


def does(homes: dict[int, Home], user: int, command: str) -> bool:
    """Whether a command succeeds as a user, in the folders that its unit shows it."""
    binds = []
    for unit in re.findall(r"^BindReadOnlyPaths=(\S+):(\S+)$", units()[user], re.MULTILINE):
        source, target = (str(path).replace(str(STATE), str(homes[user].root.parent), 1) for path in unit)
        make = f"mkdir -p {target}" if Path(source).is_dir() else f"touch {target}"
        binds.append(f"{make} && mount --bind {source} {target} && mount -o remount,ro,bind {target}")
    become = f"setpriv --reuid {user} --regid {user} --clear-groups sh -c '{command}'"
    script = " && ".join([*binds, become])
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert b"mount:" not in done.stderr, done.stderr
    return done.returncode == 0


def test_each_reads_what_the_other_hands_over_and_can_write_none_of_it(homes: dict[int, Home]) -> None:
    runner, platform = homes.values()
    for export in (platform.export, platform.live().export):
        assert does(homes, PLATFORM, f"cat {export}/events-*.jsonl")
        assert not does(homes, PLATFORM, f"touch {export}/new")
    assert does(homes, PLATFORM, f"cat {platform.config}")
    assert not does(homes, PLATFORM, f"echo >> {platform.config}")
    assert does(
        homes, RUNNER, f"cat {runner.published}/scores.json {runner.published}/gate.json {runner.published}/scores/*"
    )
    assert not does(homes, RUNNER, f"touch {runner.published}/gate.json")
    # The runner's user is the dashboard's too.
    assert does(homes, RUNNER, f"cat {runner.reports}/run")
    assert not does(homes, RUNNER, f"touch {runner.reports}/run")


def test_neither_sees_anything_else_of_the_other(homes: dict[int, Home]) -> None:
    runner, platform = homes.values()
    for path in (runner.root, runner.state, runner.live().state, runner.export):
        assert not does(homes, PLATFORM, f"ls {path}"), path
    for path in (platform.root, platform.warehouse, platform.published):
        assert not does(homes, RUNNER, f"ls {path}"), path
    assert does(homes, RUNNER, f"cat {runner.state} {runner.live().state} > /dev/null")
    assert does(homes, PLATFORM, f"cat {platform.warehouse}")


def test_state_is_its_owners_alone_even_without_the_homes_door(homes: dict[int, Home]) -> None:
    for home in (homes[RUNNER], homes[RUNNER].live()):
        assert {path.stat().st_mode & 0o077 for path in home.own.glob("state.sqlite*") if path.suffix != ".lock"} == {0}
