"""Looks at everything copytrade needs: versions, disk, config, venue, clock, gate, scores, journal, ports."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from copytrade_live.clock import SystemClock, to_iso
from copytrade_live.core.market import SECOND, Instant
from copytrade_live.doctor_home import look_at_files, look_at_roster, look_at_runner, look_at_session_key
from copytrade_live.doctor_venue import look_at_venue
from copytrade_live.errors import ConfigError, CopytradeError, PortInUseError, SnapshotError, StateError, VenueError
from copytrade_live.findings import Finding, fail, ok, warn
from copytrade_live.ports_in_use import DAGSTER_PORT, check_port
from copytrade_live.published import GATE_FILE, load_snapshot, read_gate, read_pointer
from copytrade_live.settings import ClockSource, CopytradeConfig, Home, load_config
from copytrade_live.venue.clob import ClobApi

LEAST_DISK_GB, SCANT_DISK_GB = 1.0, 5.0
LEAST_PYTHON, FIRST_UNTRIED_PYTHON = (3, 11), (3, 14)
MAX_SKEW_SECONDS = 2.0
DISTRIBUTIONS = ("copytrade", "dagster", "duckdb", "pyarrow", "httpx", "polymarket-client", "prometheus-client")


def examine(home: Home, config_path: Path | None) -> list[Finding]:
    """Every finding, in the order a person would mend them."""
    findings = [_python(), *_versions(), _home(home), _disk(home)]
    try:
        config = load_config(config_path, home)
    except ConfigError as error:
        return [*findings, fail("config", str(error), "mend it, or write a fresh one: copytrade init --force")]
    now, venue = asyncio.run(_venue(config))
    reached = asyncio.run(look_at_venue(config.venue))
    return [
        *findings,
        _config(config, config_path, home),
        *look_at_files(home),
        look_at_roster(config),
        venue,
        *reached,
        *_published(home, config, now),
        *_runner(home, config, now),
        _port(),
    ]


def _runner(home: Home, config: CopytradeConfig, now: Instant) -> list[Finding]:
    try:
        return [*look_at_session_key(home, SystemClock().now()), *look_at_runner(home, config, now)]
    except StateError as error:
        return [fail("journal", *_split(error))]


def _python() -> Finding:
    found = platform.python_version()
    if sys.version_info < LEAST_PYTHON:
        return fail("python", found, "use Python 3.11 or newer")
    if sys.version_info >= FIRST_UNTRIED_PYTHON:
        return warn("python", found, "copytrade is tested on 3.11 to 3.13")
    return ok("python", found)


def _versions() -> Iterator[Finding]:
    for name in DISTRIBUTIONS:
        try:
            yield ok(name, version(name))
        except PackageNotFoundError:
            yield fail(name, "not installed", "install requirements/runtime.txt")


def _home(home: Home) -> Finding:
    folder = next(path for path in (home.root, *home.root.parents) if path.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return fail("home", str(home.root), "it cannot be written to; set COPYTRADE_HOME to a folder of yours")
    note = "" if home.root.exists() else " (not made yet)"
    return ok("home", f"{home.root}{note}")


def _disk(home: Home) -> Finding:
    folder = next(path for path in (home.root, *home.root.parents) if path.exists())
    free = shutil.disk_usage(folder).free / 1e9
    if free < LEAST_DISK_GB:
        return fail("disk", f"{free:.1f} GB free", "make room: a full disk stops the journal")
    if free < SCANT_DISK_GB:
        return warn("disk", f"{free:.1f} GB free", "histories of many wallets may need more")
    return ok("disk", f"{free:.1f} GB free")


def _config(config: CopytradeConfig, path: Path | None, home: Home) -> Finding:
    file = path or home.config
    digest = config.decision().digest()
    if not file.exists():
        return warn("config", f"defaults, digest {digest}", "write your own: copytrade init")
    return ok("config", f"{file}, digest {digest}")


async def _venue(config: CopytradeConfig) -> tuple[Instant, Finding]:
    clock = SystemClock()
    client = ClobApi.from_config(config.venue.model_copy(update={"max_attempts": 1}))
    try:
        before = clock.now()
        theirs = await client.time()
        after = clock.now()
    except (VenueError, ConfigError) as error:
        return clock.now(), fail("venue", str(error), "check venue.clob_url and the network")
    finally:
        await client.close()
    url = config.venue.clob_url
    if config.venue.clock is ClockSource.VENUE:
        return theirs, ok("venue", f"{url}, its own time is {to_iso(theirs)}")
    # The venue tells whole seconds, so half a second either way says nothing.
    skew = abs(theirs + SECOND // 2 - (before + after) // 2) / SECOND
    if skew > MAX_SKEW_SECONDS:
        advice = "set this machine's clock (NTP): signals would look older or newer than they are"
        return after, fail("venue", f"{url}, clocks differ by {skew:.1f} s", advice)
    return after, ok("venue", f"{url}, clocks agree within {skew:.1f} s")


def _published(home: Home, config: CopytradeConfig, now: Instant) -> Iterator[Finding]:
    yield _guarded("scores", lambda: _snapshot(home, config, now))
    yield _guarded("gate", lambda: _gate(home, now))


def _snapshot(home: Home, config: CopytradeConfig, now: Instant) -> Finding:
    pointer = read_pointer(home)
    if pointer is None:
        return warn("scores", "nothing published yet", "make scores: copytrade ingest, then copytrade score")
    snapshot = load_snapshot(home, pointer)
    age = (now - snapshot.as_of) / SECOND
    found = f"{snapshot.snapshot_id}, {len(snapshot.rows)} wallets, {age / 3600:.1f} h old"
    if age > config.score.max_age_seconds:
        return warn("scores", found, "too old to act on; score again: copytrade score")
    return ok("scores", found)


def _gate(home: Home, now: Instant) -> Finding:
    gate = read_gate(home.published / GATE_FILE)
    if gate is None:
        return warn("gate", "never written", "start the Dagster daemon (copytrade up), or run: copytrade gate")
    written = f"written {(now - gate.written_at) / SECOND:.0f} s ago"
    if not gate.is_open:
        return warn("gate", f"closed, {written}", "; ".join(gate.reasons))
    if now > gate.valid_until:
        return warn("gate", f"ran out, {written}", "is the Dagster daemon running? start it: copytrade up")
    return ok("gate", f"open, {written}")


def _port() -> Finding:
    try:
        check_port(DAGSTER_PORT, "--dagster-port")
    except PortInUseError as error:
        return warn("port", str(error), "nothing, if that is copytrade's own Dagster UI")
    return ok("port", f"{DAGSTER_PORT} is free")


def _guarded(subject: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except (SnapshotError, StateError) as error:
        return fail(subject, *_split(error))


def _split(error: CopytradeError) -> tuple[str, str]:
    found, _, advice = str(error).rpartition("; ")
    return (found, advice) if found else (advice, "")
