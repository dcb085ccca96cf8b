"""What a run was made from, kept beside its results: enough to run it again, cut short, altered or from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from copytrade_live.core.codec import dumps
from copytrade_live.core.market import Instant
from copytrade_live.errors import ConfigError, InputFileError
from copytrade_live.provenance import code_version
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_pipelines.backtest.driver import Follow
from copytrade_pipelines.backtest.extract import FILES, Extract, Window
from copytrade_pipelines.backtest.run import BacktestResult, run
from copytrade_pipelines.backtest.tape import WarehouseTape, tape_of
from copytrade_pipelines.ingest.progress import Progress, silent

FOLDER = "inputs"
_RUN = "run.json"
LAST = "last"

# What makes a tape of an extract; another one is given to see whether an audit notices it.
MakeTape = Callable[["RunInputs"], WarehouseTape]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInputs:
    """Everything a run depends on. code is the version that ran."""

    run_id: str
    config: CopytradeConfig
    window: Window
    extract: Extract
    code: str

    @property
    def follow(self) -> Follow:
        """Whose fills are signals."""
        return Follow(leaders=frozenset(self.window.leaders), top=self.window.follow_top)


def default_tape(inputs: RunInputs) -> WarehouseTape:
    """The tape that the run itself read."""
    return tape_of(inputs.extract, inputs.window, inputs.config)


def drive(
    inputs: RunInputs,
    tape: WarehouseTape,
    *,
    until: Instant | None = None,
    journal: Path | None = None,
    progress: Progress = silent,
) -> BacktestResult:
    """Run what the inputs say over a tape of them, to an earlier end if one is given."""
    return run(
        tape,
        inputs.config,
        run_id=inputs.run_id,
        books=tape.books(),
        follow=inputs.follow,
        started_at=inputs.window.start,
        until=inputs.window.end if until is None else until,
        journal=journal,
        progress=progress,
    )


def keep_inputs(folder: Path, run_id: str, config: CopytradeConfig, window: Window, taken: Extract) -> None:
    """Move an extract into a run's folder, with what else the run depends on."""
    place = folder / FOLDER
    place.mkdir()
    for name in FILES:
        taken.path(name).replace(place / f"{name}.parquet")
    described = {
        "run_id": run_id,
        "config": config.model_dump(mode="json"),
        "window": asdict(window),
        "digest": taken.digest,
        "leaders": list(taken.leaders),
        "code": code_version(),
    }
    (place / _RUN).write_text(json.dumps(described, sort_keys=True, indent=1), encoding="utf-8")


def load_rows(folder: Path) -> RunInputs:
    """The inputs of a run with its rows. Raises: InputFileError when they were not kept, or made room for others."""
    inputs = load_inputs(folder)
    missing = [name for name in FILES if not inputs.extract.path(name).is_file()]
    if missing:
        raise InputFileError(
            f"{folder.name} kept no rows ({inputs.extract.path(missing[0])} is missing): they made room for those of "
            "newer runs; allow more with pipelines.keep_inputs_gib, and run it again with: copytrade backtest"
        )
    return inputs


def load_inputs(folder: Path) -> RunInputs:
    """What a run was made from, by name. Raises: InputFileError when that was not kept or cannot be read."""
    place = folder / FOLDER
    try:
        found = json.loads((place / _RUN).read_bytes())
        window = found["window"]
        return RunInputs(
            run_id=found["run_id"],
            config=CopytradeConfig.model_validate(found["config"]),
            window=Window(**{**window, "leaders": tuple(window["leaders"])}),
            extract=Extract(folder=place, digest=found["digest"], leaders=tuple(found["leaders"])),
            code=found["code"],
        )
    except FileNotFoundError:
        raise InputFileError(
            f"{folder.name} kept no inputs ({place / _RUN} is missing); run it again with: copytrade backtest"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputFileError(f"{place / _RUN} cannot be read: {error}; run the backtest again") from None


def run_folders(home: Home) -> list[Path]:
    """The folders of finished runs, newest first."""
    if not home.reports.is_dir():
        return []
    found = [path for path in home.reports.iterdir() if (path / FOLDER / _RUN).is_file() and path.name[0] != "."]
    return sorted(found, key=lambda path: (-(path / FOLDER / _RUN).stat().st_mtime_ns, path.name))


def find_run(home: Home, name: str) -> Path:
    """The folder of a run by its id, the beginning of it, or "last". Raises: ConfigError naming what there is."""
    folders = run_folders(home)
    if not folders:
        raise ConfigError(f"there is no backtest in {home.reports} yet; make one with: copytrade backtest")
    if name == LAST:
        return folders[0]
    found = [path for path in folders if name in path.name and _starts(path.name, name)]
    exact = [path for path in found if path.name == name]
    if len(exact or found) == 1:
        return (exact or found)[0]
    newest = ", ".join(path.name for path in folders[:3])
    problem = "fits several runs" if found else "is no run"
    raise ConfigError(
        f"{name!r} {problem} in {home.reports}; newest: {newest}; list them with: copytrade backtest list"
    )


def _starts(run_id: str, name: str) -> bool:
    return run_id.startswith(name) or run_id.partition("-")[2].startswith(name)


def differences(one: RunInputs, other: RunInputs) -> dict[str, tuple[Any, Any]]:
    """Which of the two runs' inputs differ, by name: window, tape, code, and settings by dotted key."""
    pairs: dict[str, tuple[Any, Any]] = {
        "window": (asdict(one.window), asdict(other.window)),
        "tape": (one.extract.digest, other.extract.digest),
        "code": (one.code, other.code),
    }
    settings = flat(one.config.model_dump(mode="json")), flat(other.config.model_dump(mode="json"))
    pairs |= {key: (settings[0].get(key), settings[1].get(key)) for key in sorted({*settings[0], *settings[1]})}
    return {name: pair for name, pair in pairs.items() if dumps(pair[0]) != dumps(pair[1])}


def flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Settings by dotted key."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict) and value:
            found |= flat(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = value
    return found
