"""Which code and which run made a decision: names that are functions of what they name."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from copytrade_live import core
from copytrade_live.core.market import Instant

_DISTRIBUTION = "copytrade"


@cache
def code_version() -> str:
    """The release, and eight hex digits of the rules' own source: any change of a rule changes it."""
    digest = hashlib.sha256()
    for source in sorted(Path(core.__path__[0]).glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return f"{_release()}+{digest.hexdigest()[:8]}"


def name_run(*, mode: str, config_digest: str, code: str, started_at: Instant) -> str:
    """The id of a run: the same start of the same thing has the same id."""
    text = "|".join((mode, config_digest, code, str(started_at)))
    return f"{mode}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _release() -> str:
    try:
        return version(_DISTRIBUTION)
    except PackageNotFoundError:
        return "0+source"
