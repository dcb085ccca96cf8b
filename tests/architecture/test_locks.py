"""What is installed is pinned to the byte, and comes from nowhere in particular."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
_PIN = re.compile(r"^[a-z0-9][a-z0-9._-]*(\[[a-z0-9,_-]+\])?==[^ ]+( ; .+?)? \\$")
_HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_requirement_is_one_version_with_hashes_and_no_address(lock: Path) -> None:
    lines = [line for line in lock.read_text().splitlines() if not line.startswith("#")]
    odd = [line for line in lines if not _PIN.match(line) and not _HASH.match(line)]
    pins = [place for place, line in enumerate(lines) if _PIN.match(line)]
    bare = [lines[place] for place in pins if not _HASH.match((lines[place + 1 :] or [""])[0])]
    assert (odd, bare) == ([], [])
    assert pins


def test_no_dependency_comes_from_a_repository_or_an_address() -> None:
    assert not re.search(r"git\+|https?://.*\.(whl|tar\.gz|zip)|@ ", (ROOT / "pyproject.toml").read_text())
