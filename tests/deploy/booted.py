"""A small Debian with our units in it, set up by the commands at their heads and booted by systemd itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.children import children_of
from tests.deploy.test_deploy import DEPLOY, DROP_INS, SERVICES, text

REPOSITORY = DEPLOY.parent
PREFIX = Path("opt/copytrade")
SYSTEM = Path("etc/systemd/system")
PACKAGES = "systemd,systemd-sysv,dbus,python3,python3-venv,procps,util-linux"
VENUE = "http://127.0.0.1:8900"
_VENUE_UNIT = f"""[Service]
Type=exec
DynamicUser=yes
Environment=COPYTRADE_HOME=/tmp/home
ExecStart=/opt/copytrade/bin/copytrade sandbox --seed 7 --port {VENUE.rpartition(":")[2]} --speed 1
"""
# Installing is the lock's business, and a user who types is the dashboard's tests'.
_NOT_HERE = ("python3 -m venv", "/opt/copytrade/bin/pip", "setpriv", "systemctl")


def need_a_machine() -> None:
    """Skip, with the reason, where no second system can be booted."""
    missing = [name for name in ("debootstrap", "systemd-nspawn") if shutil.which(name) is None]
    if os.geteuid() != 0 or missing:
        pytest.skip(f"NOBODY BOOTED THE UNITS: only root can, with {' and '.join(missing) or 'what is here'}")
    if sys.version_info[:2] != (3, 11):
        pytest.skip(
            "NOBODY BOOTED THE UNITS: Debian's Python is 3.11, and so must be the one whose packages it is lent"
        )


def make_tree(tree: Path) -> None:
    """Install Debian, lend it this environment's packages, and set up every unit as its head says."""
    # The mirror is debootstrap's own.
    _do("debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(tree))
    _do("chroot", str(tree), "python3", "-m", "venv", f"/{PREFIX}")
    packages = tree / PREFIX / "lib/python3.11/site-packages"
    shutil.copytree(_packages(), packages, symlinks=True, dirs_exist_ok=True)
    # Ours is linked to the checkout; what describes it stays, for that says which verbs there are.
    for link in packages.glob("*copytrade*.pth"):
        link.unlink()
    skipped = shutil.ignore_patterns("node_modules", "__pycache__")
    for name in ("copytrade_live", "copytrade_pipelines", "dbt_like_sql"):
        shutil.copytree(REPOSITORY / name, packages / name, ignore=skipped)
    for name in ("copytrade", "dagster", "dagster-daemon"):
        body = (Path(sys.executable).parent / name).read_text(encoding="utf-8").partition("\n")[2]
        program = tree / PREFIX / "bin" / name
        program.write_text(f"#!/{PREFIX}/bin/python\n{body}", encoding="utf-8")
        program.chmod(0o755)
    _set_up(tree)


def _packages() -> Path:
    return Path(pytest.__file__).resolve().parents[1]


def _set_up(tree: Path) -> None:
    source = tree / "src"
    source.mkdir()
    shutil.copy(REPOSITORY / "workspace.yaml", source)
    for name in SERVICES:
        shutil.copy(DEPLOY / name, tree / SYSTEM)
    for name, unit in DROP_INS.items():
        if "live" not in name:
            [where] = re.findall(r"/etc/systemd/system/(\S+\.conf)", text(name))
            (tree / SYSTEM / where).parent.mkdir(exist_ok=True)
            shutil.copy(DEPLOY / name, tree / SYSTEM / where)
            assert where.startswith(f"{unit}.d/"), name
    (tree / SYSTEM / "venue.service").write_text(_VENUE_UNIT, encoding="utf-8")
    # The runner's first: the others' heads name its user.
    for name in sorted(SERVICES, key="copytrade.service".__ne__):
        for command in head_of(name):
            if not command.startswith(_NOT_HERE):
                _do("chroot", str(tree), "sh", "-c", f"cd /src && {command}")
    _do("chroot", str(tree), *become("copytrade"), f"/{PREFIX}/bin/copytrade", "init", "--venue", VENUE)
    (tree / "etc/copytrade/notify-urls").write_text("json://127.0.0.1:9/\n", encoding="utf-8")


def head_of(name: str) -> list[str]:
    """The commands in the comment that a unit begins with."""
    comment = text(name).partition("[Unit]")[0].replace("\\\n#", "")
    return [re.sub(r"\s+", " ", line[4:]) for line in comment.splitlines() if line.startswith("#   ")]


def become(user: str) -> list[str]:
    """In front of a command: run it as a service's user, in its home."""
    home = f"/var/lib/{user}"
    names = (f"HOME={home}", f"COPYTRADE_HOME={home}", f"DAGSTER_HOME={home}/dagster")
    return ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "env", *names]


class Booted:
    """The running system."""

    def __init__(self, leader: int) -> None:
        self._leader = leader

    def does(self, *command: str, seconds: float = 60.0) -> subprocess.CompletedProcess[str]:
        """What a command says in it, as root."""
        inside = ["nsenter", "--target", str(self._leader), "--all", *command]
        return subprocess.run(inside, capture_output=True, text=True, timeout=seconds, check=False)

    def says(self, *command: str, seconds: float = 60.0) -> str:
        """The same, where it has to succeed."""
        done = self.does(*command, seconds=seconds)
        assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout.strip()

    def shows(self, unit: str, name: str) -> str:
        """A property of a unit."""
        return self.says("systemctl", "show", "--property", name, "--value", unit)

    def in_view_of(
        self, unit: str, user: str, *command: str, seconds: float = 60.0
    ) -> subprocess.CompletedProcess[str]:
        """A command as a service's user, with the folders that its unit shows it; as docs/operating.md says."""
        inside = ["nsenter", "--target", self.shows(unit, "MainPID"), "--mount", *become(user), *command]
        return self.does(*inside, seconds=seconds)

    def wait(self, what: str, seconds: float, *command: str) -> str:
        """Until a command succeeds."""
        end = time.monotonic() + seconds
        while (done := self.does(*command)).returncode != 0:
            assert time.monotonic() < end, (
                f"{what}: not within {seconds:.0f} s; {done.stdout[-500:]}{done.stderr[-500:]}"
            )
            time.sleep(1.0)
        return done.stdout


@contextmanager
def booted(tree: Path, log: Path) -> Iterator[Booted]:
    """Boot it in namespaces of its own, without a network, and end it."""
    command = ["systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", "--private-network", f"-D{tree}"]
    with log.open("wb") as console:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=console, stderr=console)
    try:
        system = Booted(_leader(process))
        system.wait("boot", 90.0, "systemctl", "is-active", "multi-user.target")
        yield system
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(90.0)
        process.kill()


def _leader(process: subprocess.Popen[bytes]) -> int:
    end = time.monotonic() + 30.0
    while time.monotonic() < end and process.poll() is None:
        for pid, command in children_of(process.pid):
            if command.partition("\0")[0].endswith("/systemd"):
                return pid
        time.sleep(0.2)
    raise AssertionError("systemd did not come up in the tree; see its console")


def _do(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-2000:])
