"""Whether the files of a home are private, and how its runner stands."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from copytrade_live.core.market import Instant
from copytrade_live.findings import Finding, fail, ok, warn
from copytrade_live.runtime_file import read_runtime
from copytrade_live.session_record import read_session
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_live.situation import blockers, halts
from copytrade_live.store.views import read_view

# What nobody but the owner should write.
_TRUSTED = ("config.yaml", "published")


def look_at_files(home: Home) -> Iterator[Finding]:
    """Modes that let others read what is secret or write what we trust."""
    secret = (home.state, home.state.with_name(f"{home.state.name}-wal"))
    others_read = [path for path in secret if path.exists() and _mode(path) & 0o077]
    others_write = [path for name in _TRUSTED if (path := home.root / name).exists() and _mode(path) & 0o022]
    for path in others_read:
        yield warn("files", f"{path} can be read by others", f"it may hold signed orders: chmod 600 {path}")
    for path in others_write:
        yield warn("files", f"{path} can be written by others", f"the runner acts on it: chmod go-w {path}")
    if not others_read and not others_write:
        yield ok("files", "what is secret is private, what is trusted is ours alone to write")


def look_at_runner(home: Home, config: CopytradeConfig, now: Instant) -> Iterator[Finding]:
    """What the journal and a running runner say. Raises: StateError."""
    runtime = read_runtime(home.state)
    if not home.state.exists():
        yield ok("journal", "no runner has started yet")
        return
    view = read_view(home.state)
    yield ok("journal", f"{view.mode}, {view.last_seq:,} events")
    if stopped := halts(view.state):
        yield warn("halts", ", ".join(stopped), "entries stop until: copytrade resume, and no kill switch file")
    if runtime is None or not runtime.is_alive:
        yield ok("runner", "stopped")
        return
    failing = runtime.told.get("failing")
    not_ready = runtime.told.get("not_ready")
    if isinstance(not_ready, list) and not_ready:
        yield warn("runner", "; ".join(map(str, not_ready)), "look at its log")
    elif isinstance(failing, dict) and failing:
        said = "; ".join(f"{part}: {error}" for part, error in failing.items())
        yield warn("runner", f"running, but {said}", "look at its log")
    else:
        yield ok("runner", f"running, pid {runtime.told.get('pid')}")
    rest = [one.text() for one in blockers(view.state, config, runtime.now)]
    yield ok("entries", "allowed") if not rest else warn("entries", "; ".join(rest), "copytrade status says more")


def look_at_session_key(home: Home, now: Instant) -> Iterator[Finding]:
    """How long the session key may trade yet; nothing where none was authorised from here. Raises: StateError."""
    record = read_session(home)
    if record is None:
        return
    said, days = record.warning(now), record.days_left(now)
    if not said:
        yield ok("session key", f"{record.address} for another {days:.0f} days")
    elif days > 0:
        yield warn("session key", said, "renew it; the runner trades on with the same key")
    else:
        yield fail("session key", said, "renew it; until then the venue refuses every order")


def look_at_roster(config: CopytradeConfig) -> Finding:
    """Whether anybody would be followed."""
    if not config.tracker.leaders and not config.tracker.follow_top:
        return warn("leaders", "nobody is followed", "name wallets in tracker.leaders, or set tracker.follow_top")
    return ok("leaders", f"{len(config.tracker.leaders)} named, and the best {config.tracker.follow_top} scored")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
