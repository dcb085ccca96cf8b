"""Looks over what is shipped: known holes in locked packages, a bill of materials, and our own code.

Run by `make audit` in an environment of its own. Ends with 0 when all was looked at and nothing was found, 1 when
something was found, 2 when something could not be looked at: a hole that nobody looked for is not a clean bill.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements" / "runtime.txt"
PACKAGES = ("copytrade_live", "copytrade_pipelines", "deploy")
CLEAN, FOUND, NOT_LOOKED_AT = 0, 1, 2


def main(folder: Path) -> int:
    """Write the reports into a folder and say what they say."""
    folder.mkdir(parents=True, exist_ok=True)
    ends = [_holes(folder / "holes.json"), _materials(folder / "sbom.cdx.json"), _code(folder / "code.json")]
    print(f"the reports are in {folder}")
    return FOUND if FOUND in ends else max(ends)


def _holes(report: Path) -> int:
    """Known vulnerabilities of everything the lock installs."""
    done = _run("pip_audit", "-r", LOCK, "--require-hashes", "--disable-pip", "--progress-spinner", "off",
                "-f", "json", "-o", report)  # fmt: skip
    read = _read(report)
    if read is None:
        print(f"holes: NOT LOOKED AT: {_last_line(done)}; pip-audit needs the network")
        return NOT_LOOKED_AT
    packages = read["dependencies"]
    skipped = [one["name"] for one in packages if "skip_reason" in one]
    holes = [(one["name"], one["version"], hole) for one in packages for hole in one.get("vulns", ())]
    for name, version, hole in holes:
        print(f"  {name} {version}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no version yet'}")
    print(f"holes: {len(holes)} in {len(packages) - len(skipped)} packages looked up")
    if skipped:
        print(
            f"holes: NOT LOOKED AT: {len(skipped)} of {len(packages)} packages; the package index that this machine "
            "is set up with answers no questions about vulnerabilities, or cannot be reached"
        )
    return FOUND if holes else NOT_LOOKED_AT if skipped else CLEAN


def _materials(report: Path) -> int:
    """A CycloneDX bill of materials of the lock; needs no network."""
    done = _run("cyclonedx_py", "requirements", LOCK, "--pyproject", ROOT / "pyproject.toml", "--of", "JSON",
                "--output-reproducible", "-o", report)  # fmt: skip
    read = _read(report)
    if done.returncode or read is None:
        print(f"materials: NOT WRITTEN: {_last_line(done)}")
        return NOT_LOOKED_AT
    print(f"materials: {len(read['components'])} packages, CycloneDX {read['specVersion']}")
    return CLEAN


def _code(report: Path) -> int:
    """What bandit finds in our packages, medium and above; needs no network."""
    done = _run("bandit", "-q", "-r", *PACKAGES, "-c", "pyproject.toml", "-ll", "-f", "json", "-o", report)
    read = _read(report)
    if read is None:
        print(f"code: NOT LOOKED AT: {_last_line(done)}")
        return NOT_LOOKED_AT
    for one in read["results"]:
        print(f"  {one['filename']}:{one['line_number']}: {one['test_id']} {one['issue_text']}")
    print(f"code: {len(read['results'])} findings of medium or high severity")
    return FOUND if read["results"] or read["errors"] else CLEAN


def _run(module: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command: Sequence[str] = [sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own words


def _read(report: Path) -> dict[str, Any] | None:
    try:
        read: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return read


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stderr or done.stdout).strip().splitlines()
    return lines[-1][:200] if lines else f"it ended with {done.returncode}"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
